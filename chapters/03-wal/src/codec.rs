//! Records, and the frames in which they lie in a segment.
//!
//! Owns [`Record`], what there is to write down, in bincode; and [`Frame`], the bytes around it.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | the length of the record |
//! | 4 | the number of the batch that it was written with |
//! | 4 | a checksum of these two |
//! | 4 | the running checksum: of these two, of the record, and of all before it in the segment |
//! | 1 | [`MARK`] |
//! | … | the record |
//! | 1 | [`MARK`], or [`LAST`] if no record of the batch follows |
//!
//! Numbers have their lowest byte first, checksums are CRC-32C and begin with the segment's seed.
//!
//! A disk writes a sector as a whole, or not at all. So a batch begins with a sector, and what
//! stands before a record lies in one: where too little of a sector is left, zeros fill it. A
//! segment is zeros where nothing was written, and the marks are not. So a write that did not get
//! to the disk whole has left a zero for a mark, or a sector of zeros.
//!
//! Left to others: where frames begin (`segment`), and what records mean (`recovery`).

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::{BorrowDecode, Encode};

/// The last byte of what stands before a record, and of a frame that another of its batch follows.
pub const MARK: u8 = 0xB5;

/// The last byte of a batch. All bits are others, so that no flip makes one of the other.
pub const LAST: u8 = 0x4A;

/// What stands before a record.
pub const HEAD: usize = 17;

/// A disk writes so much as a whole.
pub const SECTOR: usize = 512;

/// No record is longer. The server refuses requests long before.
pub const LONGEST: usize = 64 << 20;

/// One thing to remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub enum Record<'a> {
    /// The term, and the vote in it.
    HardState {
        /// The term.
        term: u64,
        /// The vote.
        vote: Option<u64>,
    },
    /// A segment goes on where the one before it ends: its first record, and all that is needed of
    /// the segments before it.
    GoesOn {
        /// The term of the last entry there.
        term: u64,
        /// Its index.
        index: u64,
        /// The term that the node is in.
        current: u64,
        /// Its vote.
        vote: Option<u64>,
    },
    /// The log begins anew after this position: nothing before it is in the log any more.
    Begins {
        /// Its term.
        term: u64,
        /// Its index.
        index: u64,
    },
    /// An entry. Whatever the log held from this index on is no part of it any more.
    Entry {
        /// The index.
        index: u64,
        /// The term of the leader that created it.
        term: u64,
        /// What it carries.
        payload: Option<&'a [u8]>,
    },
    /// The rest of this batch did not get to the disk. It ends here, so that the next one is
    /// another. No record is shorter: there is always room for it.
    Cut,
}

/// Where a frame's parts are, in some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The length of the record.
    pub length: usize,
    /// The batch.
    pub batch: u32,
    /// The checksum that the frame claims, of everything up to its record's end.
    pub checksum: u32,
}

type Bincode = Configuration<LittleEndian, Fixint, Limit<{ LONGEST }>>;

fn bincode() -> Bincode {
    bincode::config::standard().with_fixed_int_encoding().with_limit::<{ LONGEST }>()
}

/// Where the next frame begins, if the one before it, or the beginning of a sector, ends here.
pub fn fitting(place: usize) -> usize {
    let room = SECTOR - place % SECTOR;
    if room < HEAD { place + room } else { place }
}

/// Adds a frame with this record to bytes that begin with a sector. Its batch and checksums are
/// still to be [sealed](seal). False, and nothing is added, if the record is too long.
pub fn add(record: Record<'_>, bytes: &mut Vec<u8>) -> bool {
    let end = bytes.len();
    let start = fitting(end);
    bytes.resize(start + HEAD, 0);
    let written = bincode::encode_into_std_write(record, bytes, bincode());
    let length = bytes.len() - start - HEAD;
    if written.is_err() || length > LONGEST {
        bytes.truncate(end);
        return false;
    }
    let length = u32::try_from(length).expect("no longer than the longest");
    bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
    bytes.push(MARK);
    true
}

/// Seals the frames that were added from `start` on, as parts of this batch, and the last as its
/// end. `running` is the checksum of all before them, and then of all including them.
pub fn seal(bytes: &mut [u8], start: usize, batch: u32, seed: u32, running: &mut u32) {
    let mut place = start;
    while place < bytes.len() {
        place = fitting(place);
        let length = number(&bytes[place..place + 4]) as usize;
        let frame = &mut bytes[place..place + HEAD + length + 1];
        frame[4..8].copy_from_slice(&batch.to_le_bytes());
        let check = crc32c::crc32c_append(seed, &frame[0..8]);
        frame[8..12].copy_from_slice(&check.to_le_bytes());
        let (head, record) = frame.split_at_mut(HEAD);
        *running = checksum(*running, &head[0..8], &record[..length]);
        head[12..16].copy_from_slice(&running.to_le_bytes());
        head[16] = MARK;
        place += HEAD + length + 1;
        if place == bytes.len() {
            bytes[place - 1] = LAST;
        }
    }
}

/// The checksum after a frame with this beginning and this record.
pub fn checksum(before: u32, beginning: &[u8], record: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(before, beginning), record)
}

/// What stands before a record, if it is what was written there: the mark is there, the first
/// checksum is right, and the record is no longer than a record can be.
pub fn head(bytes: &[u8; HEAD], seed: u32) -> Option<Frame> {
    let length = number(&bytes[0..4]) as usize;
    let may_be = bytes[16] == MARK && length <= LONGEST;
    let is_right = may_be && number(&bytes[8..12]) == crc32c::crc32c_append(seed, &bytes[0..8]);
    is_right.then(|| Frame {
        length,
        batch: number(&bytes[4..8]),
        checksum: number(&bytes[12..16]),
    })
}

/// The record in these bytes, all of them.
pub fn record(bytes: &[u8]) -> Option<Record<'_>> {
    let (record, read) = bincode::borrow_decode_from_slice(bytes, bincode()).ok()?;
    (read == bytes.len()).then_some(record)
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("four bytes"))
}
