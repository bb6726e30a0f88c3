//! A segment: one file of the log.
//!
//! Owns the name and the beginning of a segment, and the reading of its frames, [`Frames`]: one
//! after the other, up to where they end, or are torn, or are damaged.
//!
//! A segment begins with 48 bytes: `byo-wal1`, the cluster, the member, the segment's number and
//! its length (8 bytes each), a checksum of these, and four zeros. That checksum is the segment's
//! *seed*. Frames of any other segment were made with another seed, and never look valid here. The
//! frame that every segment begins with follows at once, and the first batch with the next sector.
//!
//! Left to others: which segments there are, and what their records come to.

use crate::codec::{self, Frame, HEAD, MARK, SECTOR};
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

/// The number of the segment of this name, if it is one.
pub fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log").filter(|digits| digits.len() == 16)?;
    u64::from_str_radix(digits, 16).ok().filter(|number| self::name(*number) == name)
}

/// How a segment begins, and its seed.
pub fn beginning(identity: Identity, number: u64, length: u64) -> ([u8; BEGINNING], u32) {
    let mut bytes = [0; BEGINNING];
    bytes[0..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&identity.cluster.to_le_bytes());
    bytes[16..24].copy_from_slice(&identity.member.to_le_bytes());
    bytes[24..32].copy_from_slice(&number.to_le_bytes());
    bytes[32..40].copy_from_slice(&length.to_le_bytes());
    let seed = crc32c::crc32c(&bytes[0..40]);
    bytes[40..44].copy_from_slice(&seed.to_le_bytes());
    (bytes, seed)
}

/// How the frames of a segment end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing was written after the last.
    Clean,
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
    /// How long the segment is, and its seed.
    pub length: u64,
    pub seed: u32,
    /// The checksum of all frames so far.
    pub running: u32,
    /// The batch of the last frame.
    pub batch: u32,
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
        let claimed = field(&found, 32);
        let (expected, seed) = beginning(identity, number, claimed);
        if found != expected {
            return Err(stranger(name, &found, length, identity, number));
        }
        if claimed != length {
            let why = format!("it was {claimed} bytes long, and is {length}");
            return Err(Error::Damaged { file: name, place: length, why });
        }
        let (place, at) = (BEGINNING as u64, BEGINNING as u64);
        let (running, batch, buffer) = (seed, 0, Vec::new());
        Ok(Frames { file, name, length, seed, running, batch, place, buffer, at })
    }

    /// The next frame; none where they end, and [`Frames::end`] says how.
    pub fn next(&mut self) -> Result<Option<Framed<'_>>, Error> {
        self.skip_zeros()?;
        let Some(frame) = self.frame_at(self.place)? else { return Ok(None) };
        let (start, length, before) = (self.place, frame.length, self.running);
        let bytes = self.bytes(start, HEAD + length + 1)?;
        let Some((head, rest)) = bytes.split_at_checked(HEAD) else { return Ok(None) };
        let Some((record, mark)) = rest.split_at_checked(length) else { return Ok(None) };
        if mark != [MARK] {
            return Ok(None);
        }
        let beginning: [u8; 8] = head[0..8].try_into().expect("eight bytes");
        let running = codec::checksum(before, &beginning, record);
        if running != frame.checksum {
            return Ok(None);
        }
        self.running = running;
        self.batch = frame.batch;
        self.place += (HEAD + length + 1) as u64;
        let record = &self.bytes(start, HEAD + length)?[HEAD..];
        Ok(Some(Framed { place: start, batch: frame.batch, checksum: running, record }))
    }

    /// How the frames end, once there is no next.
    ///
    /// - Only zeros are left: nothing was written.
    /// - A later batch is there: the one that begins here was synced before that was written, so it
    ///   is damaged.
    /// - Else it is the last batch. It is torn if a part of it was never written: a mark is zero,
    ///   or a sector is. If all of it is there, and it is not what was written, it is damaged.
    pub fn end(&mut self) -> Result<End, Error> {
        let place = self.place;
        if self.is_zero(place, self.length)? {
            return Ok(End::Clean);
        }
        let Some(frame) = self.frame_at(place)? else {
            let unwritten = self.bytes(place, HEAD)?.get(HEAD - 1).is_none_or(|mark| *mark == 0);
            return Ok(if unwritten && !self.is_followed(place)? {
                End::Torn
            } else {
                End::Damaged("what stands before a record is not what was written".to_owned())
            });
        };
        let end = place + (HEAD + frame.length + 1) as u64;
        if end > self.length {
            return Ok(End::Damaged("a record is longer than the file".to_owned()));
        }
        if self.is_followed_by_later(end, frame)? {
            return Ok(End::Damaged("a record is not what was written, and others follow".into()));
        }
        let unmarked = self.bytes(end - 1, 1)? == [0];
        Ok(if unmarked || self.has_unwritten_sector(place, end)? {
            End::Torn
        } else {
            End::Damaged("a record is not what was written".to_owned())
        })
    }

    /// Goes on with the next sector if there is no frame in this one any more.
    fn skip_zeros(&mut self) -> Result<(), Error> {
        let place = usize::try_from(self.place).expect("a segment fits into memory");
        let fits = codec::fitting(place) == place;
        let is_zero = self.bytes(self.place, HEAD)?.iter().all(|byte| *byte == 0);
        if !fits || is_zero {
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

    /// After a frame that is not right, do frames of a later batch follow?
    fn is_followed_by_later(&mut self, mut place: u64, first: Frame) -> Result<bool, Error> {
        loop {
            let here = usize::try_from(place).expect("a segment fits into memory");
            let next = here.next_multiple_of(SECTOR) as u64;
            let found = match self.frame_at(place)? {
                Some(frame) => Some((place, frame)),
                None => self.frame_at(next)?.map(|frame| (next, frame)),
            };
            let Some((at, frame)) = found else { return Ok(false) };
            if frame.batch != first.batch {
                return Ok(true);
            }
            place = at + (HEAD + frame.length + 1) as u64;
        }
    }

    /// After something that is no frame, does any frame of a later batch follow? Nobody knows where
    /// it would begin, so every place is looked at.
    fn is_followed(&mut self, place: u64) -> Result<bool, Error> {
        // What is no frame belongs to the batch of the last frame. Or to the one after it, if that
        // could begin here: with a sector.
        let begins = u32::from(place.is_multiple_of(SECTOR as u64));
        let own = self.batch.wrapping_add(begins);
        let is_later = |frame: Frame| (1..u32::MAX / 2).contains(&frame.batch.wrapping_sub(own));
        for place in place + 1..self.length.saturating_sub(HEAD as u64) {
            if self.frame_at(place)?.is_some_and(is_later) {
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
            self.buffer.resize(count.max(CHUNK.min(there)), 0);
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

/// Whose segment this says that it is, if its beginning is what was written there.
pub fn owner(file: &impl File, number: u64) -> std::io::Result<Option<Identity>> {
    let mut found = [0; BEGINNING];
    read_all(file, &mut found, 0)?;
    let identity = Identity { cluster: field(&found, 8), member: field(&found, 16) };
    let (expected, _) = beginning(identity, number, field(&found, 32));
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
    let sealed = crc32c::crc32c(&found[0..40]).to_le_bytes() == found[40..44];
    let foreign = |why: String| Error::Foreign { file: file.clone(), why };
    if length == 0 {
        Error::Damaged { file, place: 0, why: "it is empty".to_owned() }
    } else if found[0..8] != *MAGIC && !sealed {
        foreign("it does not begin as a segment of this format does".to_owned())
    } else if !sealed || found[0..8] != *MAGIC || found[44..48] != [0; 4] {
        Error::Damaged { file, place: 0, why: "its beginning is not what was written".to_owned() }
    } else if field(8) != identity.cluster {
        foreign(format!("it is of cluster {:x}, not {:x}", field(8), identity.cluster))
    } else if field(16) != identity.member {
        foreign(format!("it is of member {:x}, not {:x}", field(16), identity.member))
    } else {
        foreign(format!("it is segment {:x}, not {number:x}", field(24)))
    }
}
