//! Times as they are written in options: `10m`, `1h30m`, `1.5s`.
//!
//! Owns [`parse`], which reads what Go writes.

use std::time::Duration;

/// How many nanoseconds each unit has. Longer names come first.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The time that is meant, or nothing if it is none. One below zero is as long as none.
pub fn parse(text: &str) -> Option<Duration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanoseconds: u64 = 0;
    while !rest.is_empty() {
        let (piece, after) = piece(rest)?;
        nanoseconds = nanoseconds.checked_add(piece)?;
        rest = after;
    }
    i64::try_from(nanoseconds).ok()?;
    Some(if negative { Duration::ZERO } else { Duration::from_nanos(nanoseconds) })
}

/// A number with its unit, in nanoseconds, and what follows it.
fn piece(text: &str) -> Option<(u64, &str)> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(digits(text));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unit = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit);
    let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // No unit has more than 13 digits.
    let fraction = &fraction[..fraction.len().min(15)];
    let mut part = 0;
    let mut scale = *size;
    for digit in fraction.bytes() {
        scale /= 10;
        part += u64::from(digit - b'0') * scale;
    }
    Some((whole.checked_mul(*size)?.checked_add(part)?, rest))
}
