//! Events → more events, and what holds for the whole bundle: arithmetic only, no judgement.

pub mod clocks;
