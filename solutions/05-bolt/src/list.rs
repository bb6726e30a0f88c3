//! A page that lists free pages: after the head, the number of each, in 8 bytes.
//!
//! Others write such lists, and so does a new file, as bbolt's has one. Ours are empty.
//!
//! Left to others: whether the list is right (`walk`), and which pages are free (`freelist`).

use crate::page::{HEAD, Head, LIST, PageId};

/// The bytes of a list of free pages with nothing in it.
pub fn encode(id: PageId, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    Head { id, kind: LIST, count: 0, overflow: 0 }.encode(&mut bytes);
    bytes
}

/// The pages in a list of free pages, in these bytes, which are all of it; if they are none, why
/// not. There may be more than the head can count: then the first number is how many there are.
pub fn decode(id: PageId, bytes: &[u8]) -> Result<Vec<PageId>, String> {
    let head = Head::decode(bytes).ok_or("it is shorter than its head")?;
    if head.id != id {
        return Err(format!("it says that it is page {}", head.id));
    }
    if head.kind != LIST {
        return Err(format!("it is no list of free pages, but of kind {:#x}", head.kind));
    }
    let (numbers, _) = bytes[HEAD..].as_chunks::<8>();
    let mut numbers = numbers.iter().map(|bytes| u64::from_le_bytes(*bytes));
    let count = match head.count {
        u16::MAX => numbers.next().and_then(|count| usize::try_from(count).ok()),
        count => Some(usize::from(count)),
    };
    match count {
        Some(count) if count <= numbers.len() => Ok(numbers.take(count).map(PageId).collect()),
        Some(_) | None => Err("it has no room for as many pages as it claims".to_owned()),
    }
}
