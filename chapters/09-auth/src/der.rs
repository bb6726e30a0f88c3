//! What keys are written in: DER inside, PEM outside.
//!
//! Owns [`blocks`], which takes the wrapping off, and [`Der`], which reads one value after the
//! other. It knows as much of both as keys need.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Kinds of values.
pub const SEQUENCE: u8 = 0x30;
pub const INTEGER: u8 = 0x02;
pub const BITS: u8 = 0x03;
pub const BYTES: u8 = 0x04;
/// What is optional has a number.
pub const FIRST: u8 = 0xa0;
pub const SECOND: u8 = 0xa1;

/// The blocks of a PEM file, each with its title. What cannot be read is left out.
pub fn blocks(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(file);
    let mut found = Vec::new();
    let mut rest = &text[..];
    while let Some((_, begun)) = rest.split_once("-----BEGIN ") {
        let Some((title, body)) = begun.split_once("-----") else { break };
        let Some((body, after)) = body.split_once(&format!("-----END {title}-----")) else { break };
        let letters: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        if let Ok(bytes) = STANDARD.decode(letters) {
            found.push((title.to_owned(), bytes));
        }
        rest = after;
    }
    found
}

/// Values that follow each other.
#[derive(Clone, Copy)]
pub struct Der<'a>(pub &'a [u8]);

impl<'a> Der<'a> {
    /// What is in the next value, if it is of this kind. Else nothing is read.
    pub fn take(&mut self, kind: u8) -> Option<&'a [u8]> {
        let [found, length, rest @ ..] = self.0 else { return None };
        if *found != kind {
            return None;
        }
        let (length, rest) = match length {
            0..=0x7f => (usize::from(*length), rest),
            // So many bytes have the length. Nothing is longer than two of them can say.
            0x81..=0x82 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            0x80 | 0x83..=0xff => return None,
        };
        let (inside, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(inside)
    }

    /// The same, and what is in it is values again.
    pub fn open(&mut self, kind: u8) -> Option<Der<'a>> {
        self.take(kind).map(Der)
    }

    /// The next value, if it is bits: they come in whole bytes here.
    pub fn bits(&mut self) -> Option<&'a [u8]> {
        self.take(BITS)?.strip_prefix(&[0])
    }
}
