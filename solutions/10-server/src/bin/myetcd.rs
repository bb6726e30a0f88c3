//! A member, as a program.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::daemon::main()
}
