//! Replacing ranges of a text, and which lines go with an item.

use crate::Error;
use crate::items::{Item, line_of};
use std::ops::Range;

/// Replacements in one text. Invariant: no two of them touch the same byte.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edits {
    list: Vec<(Range<usize>, String, String)>,
}

impl Edits {
    /// Adds a replacement; `what` names it if it collides with another.
    pub(crate) fn replace(
        &mut self,
        range: Range<usize>,
        text: String,
        what: &str,
    ) -> Result<(), Error> {
        // Two removals may share an empty line: together they are one.
        let mut range = range;
        if text.is_empty() {
            self.list.retain(|(other, new, _)| {
                let shared = new.is_empty() && range.start < other.end && other.start < range.end;
                if shared {
                    range = range.start.min(other.start)..range.end.max(other.end);
                }
                !shared
            });
        }
        let collides = |other: &Range<usize>| range.start < other.end && other.start < range.end;
        if let Some((_, _, other)) = self.list.iter().find(|(other, _, _)| collides(other)) {
            return Err(Error::new(
                format!("{what} overlaps {other}"),
                "a hole holds no other: name each item once in exercises.toml",
            ));
        }
        self.list.push((range, text, what.to_owned()));
        Ok(())
    }

    /// The text with all replacements made; new lines end as the text's lines do.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut list: Vec<&(Range<usize>, String, String)> = self.list.iter().collect();
        list.sort_by_key(|(range, _, _)| (range.start, range.end));
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let (mut result, mut at) = (String::new(), 0);
        for (range, new, _) in list {
            result.push_str(&text[at..range.start]);
            // Several items that went together may leave the empty line above the first of them.
            let empty = format!("{newline}{newline}");
            let closes = text[range.end..].trim_start().starts_with('}');
            if new.is_empty() && closes && result.ends_with(&empty) {
                result.truncate(result.len() - newline.len());
            }
            result.push_str(&new.replace('\n', newline));
            at = range.end;
        }
        result.push_str(&text[at..]);
        result
    }
}

/// The whole lines of an item: with the comments right above it, with the comma of a field or a
/// variant, and with one of the empty lines around it, so that none are left double.
///
/// An item that shares its lines with others gives only its own bytes.
pub(crate) fn lines_of(source: &str, item: &Item) -> Range<usize> {
    let mut end = item.span.end;
    if source[end..].starts_with(',') {
        end += 1;
    }
    let mut start = line_start(source, item.span.start);
    let alone = source[start..item.span.start].trim().is_empty()
        && source[end..line_end(source, end)].trim().is_empty();
    if !alone {
        return item.span.start..end;
    }
    end = line_end(source, end);
    while start > 0 {
        let above = line_start(source, start - 1);
        let line = source[above..start].trim();
        let is_comment = line.starts_with("//") && !line.starts_with("//!");
        if !is_comment {
            break;
        }
        start = above;
    }
    let above = &source[line_start(source, start.saturating_sub(1))..start];
    let below = &source[end..line_end(source, end)];
    let opens = above.trim().is_empty() || above.trim_end().ends_with('{') || start == 0;
    let closes = below.trim().starts_with('}') || end == source.len();
    if opens && below.trim().is_empty() && end < source.len() {
        end = line_end(source, end);
    } else if closes && above.trim().is_empty() && start > 0 {
        start = line_start(source, start - 1);
    }
    start..end
}

fn line_start(source: &str, at: usize) -> usize {
    source[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Behind the newline of the line of `at`.
fn line_end(source: &str, at: usize) -> usize {
    source[at..].find('\n').map_or(source.len(), |newline| at + newline + 1)
}

/// The first line in which two texts differ, with what each has there.
pub fn first_difference<'a>(one: &'a str, other: &'a str) -> Option<(usize, &'a str, &'a str)> {
    let at = one.bytes().zip(other.bytes()).position(|(a, b)| a != b);
    let at = match at {
        Some(at) => at,
        None if one.len() == other.len() => return None,
        None => one.len().min(other.len()),
    };
    let start = one.as_bytes()[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |n| n + 1);
    let line = |text: &'a str| text[start..].lines().next().unwrap_or("");
    Some((line_of(one, start), line(one), line(other)))
}
