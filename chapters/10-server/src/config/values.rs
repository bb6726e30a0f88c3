//! Values as Go reads and writes them.
//!
//! Owns numbers, switches and spans of time in a flag's text, and [`Bad`], why a text is no value.

use crate::config::urls;
use std::fmt;
use thiserror::Error;

/// Why a text is not the value that a flag takes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Bad {
    /// It is of another kind.
    #[error("parse error")]
    Parse,
    /// It is a number, and too large or too small.
    #[error("value out of range")]
    Range,
    /// It is none of those that there are.
    #[error("invalid value")]
    Value,
    /// The same of a flag that names what it got.
    #[error("invalid value {0:?}")]
    Named(String),
    /// It is not what Go takes for a number.
    #[error("strconv.ParseUint: parsing {0:?}: invalid syntax")]
    Syntax(String),
    /// It has more than 32 bits.
    #[error("strconv.ParseUint: parsing {0:?}: value out of range")]
    Wide(String),
    /// It is no address.
    #[error(transparent)]
    Url(#[from] urls::Error),
    /// There is no such feature gate.
    #[error("unrecognized feature gate: {0}")]
    Gate(String),
    /// The gate is not said to be on or off.
    #[error("missing bool value for {0}")]
    GateAlone(String),
    /// The gate is neither on nor off.
    #[error("invalid value of {0}={1}, err: strconv.ParseBool: parsing {1:?}: invalid syntax")]
    GateValue(String, String),
}

/// A switch.
pub fn switch(text: &str) -> Result<bool, Bad> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(Bad::Parse),
    }
}

/// A number that is not negative: decimal, or with a prefix that says otherwise.
pub fn whole(text: &str) -> Result<u64, Bad> {
    let (digits, base) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    let is_ruled = !text.starts_with('_') && !text.ends_with('_') && !text.contains("__");
    let digits: String = digits.chars().filter(|letter| *letter != '_').collect();
    if digits.is_empty() || !is_ruled || !digits.chars().all(|digit| digit.is_digit(base)) {
        return Err(Bad::Parse);
    }
    u64::from_str_radix(&digits, base).map_err(|_| Bad::Range)
}

/// A number that may be negative.
pub fn signed(text: &str) -> Result<i64, Bad> {
    let (sign, digits) = match text.as_bytes() {
        [b'-', ..] => (-1, &text[1..]),
        [b'+', ..] => (1, &text[1..]),
        _ => (1, text),
    };
    i64::try_from(sign * i128::from(whole(digits)?)).map_err(|_| Bad::Range)
}

/// A span of time in nanoseconds, which may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

const MICROSECOND: i64 = 1_000;
const MILLISECOND: i64 = 1_000_000;
const SECOND: i64 = 1_000_000_000;
const MINUTE: u64 = 60_000_000_000;

/// Why a text is no span of time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadSpan {
    /// It is not one.
    #[error("time: invalid duration {0:?}")]
    Invalid(String),
    /// Of what?
    #[error("time: missing unit in duration {0:?}")]
    NoUnit(String),
    /// Nobody knows it.
    #[error("time: unknown unit {unit:?} in duration {text:?}")]
    Unit {
        /// The unit.
        unit: String,
        /// The whole text.
        text: String,
    },
}

impl Span {
    /// So many seconds.
    pub const fn seconds(count: i64) -> Span {
        Span(count * SECOND)
    }

    /// So many milliseconds.
    pub const fn milliseconds(count: i64) -> Span {
        Span(count * MILLISECOND)
    }

    /// As a program waits for it; a negative one is over at once.
    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }

    /// Reads `1h30m`, `.5s`, `100ms` and the like.
    pub fn parse(text: &str) -> Result<Span, BadSpan> {
        let invalid = || BadSpan::Invalid(text.to_owned());
        let (sign, mut rest) = match text.as_bytes() {
            [b'-', ..] => (-1, &text[1..]),
            [b'+', ..] => (1, &text[1..]),
            _ => (1, text),
        };
        if rest == "0" {
            return Ok(Span(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut sum = 0_i128;
        while !rest.is_empty() {
            let (whole, after) = digits(rest);
            let (part, after) = after.strip_prefix('.').map_or(("", after), digits);
            if whole.is_empty() && part.is_empty() {
                return Err(invalid());
            }
            let end = after.find(|letter: char| letter == '.' || letter.is_ascii_digit());
            let (unit, next) = after.split_at(end.unwrap_or(after.len()));
            let unit = nanoseconds(unit, text)?;
            // More digits than that are less than a nanosecond.
            let part = &part[..part.len().min(15)];
            let number = |digits: &str| match digits {
                "" => Some(0),
                digits => digits.parse::<i128>().ok().filter(|number| *number < 1 << 63),
            };
            let tens = 10_i128.pow(u32::try_from(part.len()).expect("fifteen at most"));
            let (whole, part) = number(whole).zip(number(part)).ok_or_else(invalid)?;
            sum += whole * unit + part * unit / tens;
            if sum >= 1 << 63 {
                return Err(invalid());
            }
            rest = next;
        }
        i64::try_from(sign * sum).map(Span).map_err(|_| invalid())
    }
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()))
}

fn nanoseconds(unit: &str, text: &str) -> Result<i128, BadSpan> {
    match unit {
        "" => Err(BadSpan::NoUnit(text.to_owned())),
        "ns" => Ok(1),
        "us" | "µs" | "μs" => Ok(i128::from(MICROSECOND)),
        "ms" => Ok(i128::from(MILLISECOND)),
        "s" => Ok(i128::from(SECOND)),
        "m" => Ok(60 * i128::from(SECOND)),
        "h" => Ok(3_600 * i128::from(SECOND)),
        _ => Err(BadSpan::Unit { unit: unit.to_owned(), text: text.to_owned() }),
    }
}

impl fmt::Display for Span {
    /// As `1h0m0s`, `1.5s` or `100ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let all = self.0.unsigned_abs();
        let is_below = |unit: i64| all < unit.unsigned_abs();
        let (minutes, below) = (all / MINUTE, all % MINUTE);
        let text = match (minutes / 60, minutes % 60) {
            (0, 0) if all == 0 => "0s".to_owned(),
            (0, 0) if is_below(MICROSECOND) => format!("{all}ns"),
            (0, 0) if is_below(MILLISECOND) => with_point(all, MICROSECOND) + "µs",
            (0, 0) if is_below(SECOND) => with_point(all, MILLISECOND) + "ms",
            (0, 0) => with_point(below, SECOND) + "s",
            (0, minutes) => format!("{minutes}m{}s", with_point(below, SECOND)),
            (hours, minutes) => format!("{hours}h{minutes}m{}s", with_point(below, SECOND)),
        };
        write!(f, "{sign}{text}")
    }
}

/// In units, with what is left behind a point.
fn with_point(nanoseconds: u64, unit: i64) -> String {
    let unit = unit.unsigned_abs();
    let part = format!("{:0width$}", nanoseconds % unit, width = unit.ilog10() as usize);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{}{point}{part}", nanoseconds / unit)
}
