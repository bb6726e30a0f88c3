//! How items that do not fit into one page are dealt to several.
//!
//! Owns [`pack`], a decision and no more.
//!
//! Left to others: writing the pages, and when a page has too few items (`update`).

use crate::items::{self, Body, Item};
use crate::page::HEAD;
use std::ops::Range;

/// Deals items to pages: which go into each, in order. None gets nothing.
///
/// - If all fit into one page, they are one.
/// - If somebody adds at the end, each page is filled before the next begins: nobody will come back
///   to it. The last has what is left, and will be filled by those who come.
/// - Otherwise the pages get about the same, so that each has room for what comes between.
/// - An item that is longer than a page gets pages of its own.
/// - A branch has two pages below at least, however long their keys are. Else a level could need as
///   many pages as the one below it, and a tree would have no root.
///
/// *Example:* nine items of 20 bytes, and pages of 100, of which the head takes 16. They are in
/// three pages with three each. If they were added at the end, it is four, four and one.
pub fn pack(items: &[Item], page_size: usize, appended: bool) -> Vec<Range<usize>> {
    let total = items::size(items);
    if items.is_empty() {
        return Vec::new();
    }
    if total <= page_size {
        return std::iter::once(0..items.len()).collect();
    }
    let is_branch = matches!(items[0].body, Body::Below(_));
    let least = if is_branch { 2 } else { 1 };
    let pages = (total - HEAD).div_ceil(page_size - HEAD);
    let target = if appended { page_size } else { HEAD + (total - HEAD).div_ceil(pages) };
    let mut parts: Vec<Range<usize>> = Vec::new();
    let (mut start, mut size) = (0, HEAD);
    for (at, item) in items.iter().enumerate() {
        let is_full = size + item.size() > page_size || size >= target;
        if at - start >= least && is_full {
            parts.push(start..at);
            (start, size) = (at, HEAD);
        }
        size += item.size();
    }
    let mut last = start..items.len();
    if last.len() < least
        && let Some(before) = parts.pop()
    {
        if before.len() > least {
            last.start -= 1;
            parts.push(before.start..last.start);
        } else {
            last.start = before.start;
        }
    }
    parts.push(last);
    parts
}
