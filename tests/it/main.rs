//! The integration tests, in one binary: what a user can rely on.

// A test that cannot go on fails: that is what `unwrap` says.
#![allow(clippy::unwrap_used)]

/// Exit codes, streams, standard input, broken pipes.
mod cli;
/// Pairs of bundles, and what diff says of them.
mod diff;
/// Help, man page, completions, example config and schemas know every option.
mod generated;
/// Missing, broken, endless and harmful input: a line on standard error, a partial result, little memory and time.
mod hostile;
/// Bundles of configuration and what lint says of them.
mod lint;
/// What must not change a diagnosis does not, and what must, does.
mod metamorphic;
/// What readers and users of the repository rely on.
mod promises;
/// Every report on diagnoses made by hand, compared with files.
mod reports;
/// Every folder of samples against what it says.
mod samples;
mod support;
/// A window of time in a big log: what is read of it, and where its lines stand.
mod window;
