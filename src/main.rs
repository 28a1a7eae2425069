//! Runs a command and turns the outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    rmqdoc::cli::main(std::env::args_os())
}
