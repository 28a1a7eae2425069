//! Versions of peers: ordinals of Java's `MQVersion.Version`, which decide a few behaviours.

/// What we say we are: 5.3.3, whose behaviour is followed where versions differ.
pub const CURRENT: i32 = V5_3_3;
/// From here on a register body is a whole `RegisterBrokerBody`; before it was the topic table alone.
pub const V3_0_11: i32 = 37;
/// From here on clients get routes in standard JSON.
pub const V4_9_4: i32 = 401;
/// From here on a compressed register body ends with the mapping of static topics.
pub const V5_0_0: i32 = 413;
/// The newest release at the time of writing.
pub const V5_3_3: i32 = 479;
