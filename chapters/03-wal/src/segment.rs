//! A segment: one file of the log.
//!
//! Owns the name and the beginning of a segment, and the reading of its frames, [`Frames`]: one
//! after the other, up to where they end, or are torn, or are damaged.
//!
//! A segment begins with 48 bytes: `byo-wal1`, the cluster, the member, the segment's number and
//! its length (8 bytes each), the running checksum at the end of the segment before it, and a
//! checksum of all these (4 bytes each). The last is the segment's *seed*. Frames of any other
//! segment were made with another seed, and never look valid here. The frame that every segment
//! begins with follows at once, and the first batch with the next sector.
//!
//! Left to others: which segments there are, and what their records come to.

use crate::codec::{self, Frame, HEAD, LAST, MARK, SECTOR};
use crate::error::Error;
use crate::files::{File, read_all};

/// How a segment begins.
pub const BEGINNING: usize = 48;

const MAGIC: &[u8; 8] = b"byo-wal1";

/// So much is read at once, unless a frame is longer.
const CHUNK: usize = 1 << 20;

/// Whose log it is. A segment of somebody else is never read as ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The cluster.
    pub cluster: u64,
    /// The member.
    pub member: u64,
}

/// How a log lies on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// How long a segment is. One may be longer, if a single batch is.
    pub segment_bytes: u64,
}

/// The name of a segment.
pub fn name(number: u64) -> String {
    format!("{number:016x}.log")
}

/// The number of the segment of this name, if it is one. No log has so many that the first bit is
/// needed.
pub fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log").filter(|digits| digits.len() == 16)?;
    let number = u64::from_str_radix(digits, 16).ok().filter(|number| *number <= u64::MAX / 2)?;
    (self::name(number) == name).then_some(number)
}

/// How a segment of this length begins that follows one with this checksum at its end; and its
/// seed.
pub fn beginning(
    identity: Identity,
    number: u64,
    length: u64,
    before: u32,
) -> ([u8; BEGINNING], u32) {
    let mut bytes = [0; BEGINNING];
    bytes[0..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&identity.cluster.to_le_bytes());
    bytes[16..24].copy_from_slice(&identity.member.to_le_bytes());
    bytes[24..32].copy_from_slice(&number.to_le_bytes());
    bytes[32..40].copy_from_slice(&length.to_le_bytes());
    bytes[40..44].copy_from_slice(&before.to_le_bytes());
    let seed = crc32c::crc32c(&bytes[0..44]);
    bytes[44..48].copy_from_slice(&seed.to_le_bytes());
    (bytes, seed)
}

/// How the frames of a segment end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing was written after the last.
    Clean,
    /// Nothing is there after the last, but others of its batch were to follow. Nobody was told
    /// that they had.
    Open,
    /// A write after the last did not get to the disk whole. Nobody was told that it had.
    Torn,
    /// What comes after the last was on disk once, and is not what it was.
    Damaged(String),
}

/// A frame that is what was written.
#[derive(Clone, Copy, Debug)]
pub struct Framed<'a> {
    /// Where it begins.
    pub place: u64,
    /// Its batch.
    pub batch: u32,
    /// The checksum of all up to it.
    pub checksum: u32,
    /// The bytes of its record.
    pub record: &'a [u8],
}

/// Reads a segment's frames, in order. What it holds of the file is one chunk, or one frame.
pub struct Frames<'a, F> {
    file: &'a F,
    name: String,
    /// How long the segment is.
    pub length: u64,
    /// How long it was made.
    pub claimed: u64,
    /// Its seed.
    pub seed: u32,
    /// The running checksum at the end of the segment before it, as this one says.
    pub before: u32,
    /// The running checksum after the last frame.
    pub running: u32,
    /// The batch of the last frame.
    pub batch: u32,
    /// Where that batch begins.
    pub batch_at: u64,
    /// Whether that batch is whole.
    pub is_whole: bool,
    /// Where the last frame ends.
    pub ends: u64,
    /// Where the next frame begins.
    pub place: u64,
    buffer: Vec<u8>,
    /// Where the buffer's first byte is in the file.
    at: u64,
}

impl<'a, F: File> Frames<'a, F> {
    /// The frames of this segment, which is to be this member's.
    pub fn new(file: &'a F, identity: Identity, number: u64) -> Result<Frames<'a, F>, Error> {
        let name = self::name(number);
        let length = file.length().map_err(Error::io("cannot look at", &name))?;
        let mut found = [0; BEGINNING];
        read_all(file, &mut found, 0).map_err(Error::io("cannot read", &name))?;
        let (claimed, before) = (field(&found, 32), short(&found, 40));
        let (expected, seed) = beginning(identity, number, claimed, before);
        if found != expected {
            return Err(stranger(name, &found, length, identity, number));
        }
        let begins = BEGINNING as u64;
        Ok(Frames {
            file,
            name,
            length,
            claimed,
            seed,
            before,
            running: seed,
            // The first batch is 0, and nothing of it is there yet.
            batch: u32::MAX,
            batch_at: begins,
            is_whole: true,
            ends: begins,
            place: begins,
            buffer: Vec::new(),
            at: begins,
        })
    }

    /// The next frame; none where they end, and [`Frames::end`] says how.
    pub fn next(&mut self) -> Result<Option<Framed<'_>>, Error> {
        self.skip_zeros()?;
        let Some(frame) = self.frame_at(self.place)? else { return Ok(None) };
        let (start, length, before) = (self.place, frame.length, self.running);
        let bytes = self.bytes(start, HEAD + length + 1)?;
        let Some((head, rest)) = bytes.split_at_checked(HEAD) else { return Ok(None) };
        let Some((record, mark)) = rest.split_at_checked(length) else { return Ok(None) };
        let is_last = match mark {
            [MARK] => false,
            [LAST] => true,
            _ => return Ok(None),
        };
        let beginning: [u8; 8] = head[0..8].try_into().expect("eight bytes");
        let running = codec::checksum(before, &beginning, record);
        if running != frame.checksum || frame.batch != self.next_batch() {
            return Ok(None);
        }
        if frame.batch != self.batch {
            self.batch_at = start;
        }
        self.running = running;
        self.batch = frame.batch;
        self.is_whole = is_last;
        self.place += (HEAD + length + 1) as u64;
        self.ends = self.place;
        let record = &self.bytes(start, HEAD + length)?[HEAD..];
        Ok(Some(Framed { place: start, batch: frame.batch, checksum: running, record }))
    }

    /// The batch of which the next frame is to be.
    pub fn next_batch(&self) -> u32 {
        if self.is_whole { self.batch.wrapping_add(1) } else { self.batch }
    }

    /// How the frames end, once there is no next.
    ///
    /// - Only zeros are left: nothing was written. But if the batch before them is not whole, its
    ///   rest is missing.
    /// - A later batch is there: what begins here was synced before that was written, so it is
    ///   damaged.
    /// - Else it is the last batch. It is torn if a part of it was never written: a sector is
    ///   zeros, or the end of one is. If all of it is there, and it is not what was written, it is
    ///   damaged.
    pub fn end(&mut self) -> Result<End, Error> {
        let place = self.place;
        let damaged = |why: &str| Ok(End::Damaged(why.to_owned()));
        if self.is_zero(place, self.length)? {
            return Ok(if self.is_whole { End::Clean } else { End::Open });
        }
        if self.is_followed(place)? {
            return damaged("a record is not what was written, and later ones follow");
        }
        let Some(frame) = self.frame_at(place)? else {
            let from = place + HEAD as u64 - 1;
            let to = (place / SECTOR as u64 + 1) * SECTOR as u64;
            return if self.is_zero(from, to)? {
                Ok(End::Torn)
            } else {
                damaged("what stands before a record is not what was written")
            };
        };
        let end = place + (HEAD + frame.length + 1) as u64;
        if end > self.length {
            return damaged("a record is longer than the file");
        }
        let unmarked = self.bytes(end - 1, 1)? == [0];
        if unmarked || self.has_unwritten_sector(place, end)? {
            Ok(End::Torn)
        } else {
            damaged("a record is not what was written")
        }
    }

    /// Goes on with the next sector if there is no frame in this one any more: a batch that is
    /// whole ends with its sector, whatever is in the rest of that.
    fn skip_zeros(&mut self) -> Result<(), Error> {
        let place = usize::try_from(self.place).expect("a segment fits into memory");
        let has_ended = self.is_whole && self.batch != u32::MAX;
        let fits = codec::fitting(place) == place;
        let is_zero = self.bytes(self.place, HEAD)?.iter().all(|byte| *byte == 0);
        if has_ended || !fits || is_zero {
            self.place = place.next_multiple_of(SECTOR) as u64;
        }
        Ok(())
    }

    /// What stands before the record at this place, if it is what was written there.
    fn frame_at(&mut self, place: u64) -> Result<Option<Frame>, Error> {
        let seed = self.seed;
        let Ok(head) = <[u8; HEAD]>::try_from(self.bytes(place, HEAD)?) else { return Ok(None) };
        Ok(codec::head(&head, seed))
    }

    /// Does a batch begin from here on that is later than the next? It would begin with a sector.
    fn is_followed(&mut self, place: u64) -> Result<bool, Error> {
        let next = self.next_batch();
        let is_later = |frame: Frame| (1..u32::MAX / 2).contains(&frame.batch.wrapping_sub(next));
        let sectors = (place.next_multiple_of(SECTOR as u64)..self.length).step_by(SECTOR);
        for sector in sectors {
            if self.frame_at(sector)?.is_some_and(is_later) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Is a sector, as far as it lies in this part, all zeros?
    fn has_unwritten_sector(&mut self, from: u64, to: u64) -> Result<bool, Error> {
        let mut start = from;
        while start < to {
            let end = ((start / SECTOR as u64 + 1) * SECTOR as u64).min(to);
            if self.is_zero(start, end)? {
                return Ok(true);
            }
            start = end;
        }
        Ok(false)
    }

    fn is_zero(&mut self, from: u64, to: u64) -> Result<bool, Error> {
        let mut place = from;
        while place < to {
            let count = usize::try_from(to - place).unwrap_or(usize::MAX).min(CHUNK);
            let bytes = self.bytes(place, count)?;
            if bytes.is_empty() {
                break;
            }
            if bytes.iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            place += bytes.len() as u64;
        }
        Ok(true)
    }

    /// So many bytes from this place on, or as many as there are.
    fn bytes(&mut self, place: u64, count: usize) -> Result<&[u8], Error> {
        let there = usize::try_from(self.length.saturating_sub(place)).unwrap_or(usize::MAX);
        let count = count.min(there);
        let has = place >= self.at && place + count as u64 <= self.at + self.buffer.len() as u64;
        if !has {
            self.buffer = vec![0; count.max(CHUNK.min(there))];
            let read = read_all(self.file, &mut self.buffer, place);
            let read = read.map_err(Error::io("cannot read", &self.name))?;
            self.buffer.truncate(read);
            self.at = place;
        }
        let start = usize::try_from(place - self.at).expect("it is in the buffer");
        Ok(&self.buffer[start..(start + count).min(self.buffer.len())])
    }
}

fn field(bytes: &[u8; BEGINNING], from: usize) -> u64 {
    u64::from_le_bytes(bytes[from..from + 8].try_into().expect("eight bytes"))
}

fn short(bytes: &[u8; BEGINNING], from: usize) -> u32 {
    u32::from_le_bytes(bytes[from..from + 4].try_into().expect("four bytes"))
}

/// Whose segment this says that it is, if its beginning is what was written there.
pub fn owner(file: &impl File, number: u64) -> std::io::Result<Option<Identity>> {
    let mut found = [0; BEGINNING];
    read_all(file, &mut found, 0)?;
    let identity = Identity { cluster: field(&found, 8), member: field(&found, 16) };
    let (expected, _) = beginning(identity, number, field(&found, 32), short(&found, 40));
    Ok((found == expected).then_some(identity))
}

/// How long this segment is to be, by its beginning.
pub fn claimed(file: &impl File) -> std::io::Result<u64> {
    let mut found = [0; BEGINNING];
    read_all(file, &mut found, 0)?;
    Ok(field(&found, 32))
}

/// What is wrong with a segment that does not begin as it should.
fn stranger(
    file: String,
    found: &[u8; BEGINNING],
    length: u64,
    identity: Identity,
    number: u64,
) -> Error {
    let field = |from: usize| field(found, from);
    let sealed = crc32c::crc32c(&found[0..44]).to_le_bytes() == found[44..48];
    let foreign = |why: String| Error::Foreign { file: file.clone(), why };
    let damaged = |why: &str| Error::Damaged { file: file.clone(), place: 0, why: why.to_owned() };
    if length == 0 {
        damaged("it is empty")
    } else if !sealed {
        damaged("it does not begin as a segment of this format does")
    } else if found[0..8] != *MAGIC {
        foreign("it is of another format".to_owned())
    } else if field(8) != identity.cluster {
        foreign(format!("it is of cluster {:x}, not {:x}", field(8), identity.cluster))
    } else if field(16) != identity.member {
        foreign(format!("it is of member {:x}, not {:x}", field(16), identity.member))
    } else {
        foreign(format!("it is segment {:x}, not {number:x}", field(24)))
    }
}
