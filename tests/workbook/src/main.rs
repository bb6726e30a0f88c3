//! The binary: reads the command line, does what it asks, and ends with its status.

use std::process::ExitCode;

fn main() -> ExitCode {
    workbook::cli::main()
}
