//! Hostile input for everything that reads: damaged and spliced samples must end without a panic, in bounded time and
//! memory, whatever they say.
//!
//! ```text
//! cargo test --test fuzz                                            two seconds per target
//! RMQDOC_FUZZ_SECONDS=600 cargo test --profile fuzz --test fuzz     the long run
//! RMQDOC_FUZZ_SEED=7 RMQDOC_FUZZ_CASE=1234 cargo test --test fuzz rules     one case again
//! ```
//!
//! Case `n` of a target depends on seed, target and `n` alone. A case that fails is written to `target/tmp/fuzz/`.

// A test that cannot go on fails: that is what `unwrap` says.
#![allow(clippy::unwrap_used)]

mod corpus;
mod hunt;
mod mutate;
mod random;
mod targets;

use peak_alloc::PeakAlloc;

/// Counts what is held on the heap, for the memory bound of each case.
#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;
