//! The `candor` program: everything it does is in [`candor::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    candor::cli::run()
}
