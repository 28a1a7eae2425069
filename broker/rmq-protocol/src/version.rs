//! Versions of peers: ordinals of Java's `MQVersion.Version`, which decide a few behaviours and are shown by name.

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

/// The names before the numbering became regular.
const EARLY: [&str; 16] = [
    "V3_0_0_SNAPSHOT",
    "V3_0_0_ALPHA1",
    "V3_0_0_BETA1",
    "V3_0_0_BETA2",
    "V3_0_0_BETA3",
    "V3_0_0_BETA4",
    "V3_0_0_BETA5",
    "V3_0_0_BETA6_SNAPSHOT",
    "V3_0_0_BETA6",
    "V3_0_0_BETA7_SNAPSHOT",
    "V3_0_0_BETA7",
    "V3_0_0_BETA8_SNAPSHOT",
    "V3_0_0_BETA8",
    "V3_0_0_BETA9_SNAPSHOT",
    "V3_0_0_BETA9",
    "V3_0_0_FINAL",
];

/// The name of a version as Java's tools show it. Beyond the last one it is `HIGHER_VERSION`, as in Java.
///
/// From 3.0.1 on every release has two ordinals, snapshot and final: 3.0 counts to 15, the other minors to 9, and
/// 3.3 to 3.9 begin at 1.
pub fn name(ordinal: i32) -> String {
    let Ok(ordinal) = usize::try_from(ordinal) else {
        return "UNKNOWN".into();
    };
    if let Some(early) = EARLY.get(ordinal) {
        return (*early).to_owned();
    }
    let mut release = (ordinal - EARLY.len()) / 2;
    let suffix = if (ordinal - EARLY.len()).is_multiple_of(2) {
        "_SNAPSHOT"
    } else {
        ""
    };
    for (major, minor) in (3..6).flat_map(|major| (0..10).map(move |minor| (major, minor))) {
        let patches = match (major, minor) {
            (3, 0) => 1..16,
            (3, 3..=9) => 1..10,
            _ => 0..10,
        };
        if release < patches.len() {
            return format!("V{major}_{minor}_{}{suffix}", patches.start + release);
        }
        release -= patches.len();
    }
    "HIGHER_VERSION".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ordinals() {
        let cases = [
            (0, "V3_0_0_SNAPSHOT"),
            (15, "V3_0_0_FINAL"),
            (16, "V3_0_1_SNAPSHOT"),
            (V3_0_11, "V3_0_11"),
            (46, "V3_1_0_SNAPSHOT"),
            (121, "V3_4_9"),
            (399, "V4_9_3"),
            (V4_9_4, "V4_9_4"),
            (407, "V4_9_7"),
            (V5_0_0, "V5_0_0"),
            (V5_3_3, "V5_3_3"),
            (611, "V5_9_9"),
            (612, "HIGHER_VERSION"),
            (i32::MAX, "HIGHER_VERSION"),
            (-1, "UNKNOWN"),
        ];
        for (ordinal, expected) in cases {
            assert_eq!(name(ordinal), expected, "{ordinal}");
        }
    }
}
