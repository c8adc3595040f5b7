//! The `throughline` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    throughline::cli::run()
}
