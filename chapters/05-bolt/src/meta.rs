//! The two pages that say where everything is.
//!
//! Owns [`Meta`], and the choice between the two. Each commit writes one of them, in turn, when all
//! else of it is on disk. A commit is there when its meta is, and a meta that was cut short has a
//! wrong checksum: then the other one, of the commit before, is the newest.
//!
//! | bytes | what |
//! |---|---|
//! | 16 | the head of a page |
//! | 4 | `0xED0CDAED` |
//! | 4 | version 2 |
//! | 4 | how long a page is |
//! | 4 | zero |
//! | 8 | the page of the root bucket |
//! | 8 | the root bucket's sequence |
//! | 8 | the page of the list of free pages; all bits set if it is not kept |
//! | 8 | one past the highest page that is used |
//! | 8 | the number of the commit |
//! | 8 | a checksum of the 56 bytes before it, FNV-1a |
//!
//! Numbers have their lowest byte first.
//!
//! Left to others: reading and writing the pages (`store`).

use crate::page::{HEAD, META, PageId};

/// How long a meta is, with its head.
pub const LENGTH: usize = HEAD + 64;

const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;

/// The page number that says that the free pages are not listed.
const NO_LIST: u64 = u64::MAX;

/// Pages are as long as one of these.
pub const PAGE_SIZES: std::ops::RangeInclusive<u32> = 512..=64 << 10;

/// What a commit leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// How long a page is.
    pub page_size: u32,
    /// The root bucket, in which all others are.
    pub root: PageId,
    /// The root bucket's sequence. Nobody uses it.
    pub sequence: u64,
    /// The list of free pages, if it is kept.
    pub free: Option<PageId>,
    /// One past the highest page that is used.
    pub end: PageId,
    /// The number of the commit.
    pub commit: u64,
}

impl Meta {
    /// In which of the two pages it belongs.
    pub fn page(&self) -> PageId {
        PageId(self.commit % 2)
    }

    /// The bytes of it, for this page.
    pub fn encode(&self, page: PageId) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[0..8].copy_from_slice(&page.0.to_le_bytes());
        bytes[8..10].copy_from_slice(&META.to_le_bytes());
        let body = &mut bytes[HEAD..];
        body[0..4].copy_from_slice(&MAGIC.to_le_bytes());
        body[4..8].copy_from_slice(&VERSION.to_le_bytes());
        body[8..12].copy_from_slice(&self.page_size.to_le_bytes());
        body[16..24].copy_from_slice(&self.root.0.to_le_bytes());
        body[24..32].copy_from_slice(&self.sequence.to_le_bytes());
        body[32..40].copy_from_slice(&self.free.map_or(NO_LIST, |page| page.0).to_le_bytes());
        body[40..48].copy_from_slice(&self.end.0.to_le_bytes());
        body[48..56].copy_from_slice(&self.commit.to_le_bytes());
        let checksum = fnv(&body[0..56]);
        body[56..64].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The meta in these bytes; if there is none, why not.
    pub fn decode(bytes: &[u8]) -> Result<Meta, &'static str> {
        let body = bytes.get(HEAD..LENGTH).ok_or("the file ends before it does")?;
        let long = |at: usize| u64::from_le_bytes(body[at..at + 8].try_into().expect("8 bytes"));
        let short = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().expect("4 bytes"));
        if short(0) != MAGIC {
            return Err("it does not begin as a meta does");
        }
        if short(4) != VERSION {
            return Err("it is of another version");
        }
        if long(56) != fnv(&body[0..56]) {
            return Err("its checksum is wrong");
        }
        let meta = Meta {
            page_size: short(8),
            root: PageId(long(16)),
            sequence: long(24),
            free: Some(long(32)).filter(|page| *page != NO_LIST).map(PageId),
            end: PageId(long(40)),
            commit: long(48),
        };
        if !PAGE_SIZES.contains(&meta.page_size) || !meta.page_size.is_power_of_two() {
            return Err("no page is that long");
        }
        let inside = |page: PageId| page.0 > 1 && page < meta.end;
        if !inside(meta.root) || !meta.free.is_none_or(inside) {
            return Err("it names a page that there is not");
        }
        Ok(meta)
    }
}

/// FNV-1a, of 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}
