//! Parses arguments, runs a command, turns the outcome into an exit code.

fn main() {}
