//! Why the system refused something.
//!
//! Owns [`reason`]: the system's own words, as programs in Go tell them, and tools look for them.

use std::io;

/// In small letters and without the error's number: `address already in use`.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error ").next().unwrap_or(&text);
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => text,
    }
}
