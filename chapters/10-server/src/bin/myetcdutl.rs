//! What is done to a member's files while it does not run, as a program.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::utility::main()
}
