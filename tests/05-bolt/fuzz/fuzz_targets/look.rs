//! Any bytes, as a file of a store.
#![no_main]

#[path = "../../hostile.rs"]
mod hostile;
#[allow(dead_code, reason = "the tests of the chapter use more of it")]
#[path = "../../memory.rs"]
mod memory;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::input(bytes));
