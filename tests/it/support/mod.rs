//! What several tests need.

pub(crate) mod fixture;
pub(crate) mod golden;
pub(crate) mod program;
