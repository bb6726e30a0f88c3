//! Any bytes, as a directory with a log.
#![no_main]

#[allow(dead_code, reason = "the tests of the chapter use more of it")]
#[path = "../../memory.rs"]
mod memory;
#[allow(dead_code, reason = "the tests of the chapter use more of it")]
#[path = "../../payload.rs"]
mod payload;
#[path = "../../hostile.rs"]
mod hostile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::recover(bytes));
