//! Files that nobody wrote: whatever is in a directory, it is given back or refused.
//!
//! [`recover`] makes a directory of any bytes, for a fuzzer and for the tests here. Of what it
//! makes much has right checksums: noise that has none does not get far.

use crate::memory::{Memory, OURS, SMALL, shown};
use crate::payload::Op;
use harness::files::Disk;
use wal::{Wal, repair};

/// The name of the segment.
const FIRST: &str = "0000000000000001.log";

/// The first byte says what the rest is, by its remainder: the bytes of a segment; or of a segment
/// behind a right beginning; or records, each after its length, in frames with right checksums.
pub fn recover(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let segment = match kind % 3 {
        0 => rest.to_vec(),
        1 => [&beginning(2_048)[..], rest].concat(),
        _ => framed(rest),
    };
    let disk = Disk::with([(FIRST.to_owned(), segment)]);
    let directory = Memory(disk.clone());
    let _ = shown(&disk);
    let Ok((_, first)) = Wal::open::<Op>(directory.clone(), OURS, SMALL) else {
        // A person may end it where the damage begins. If anything is left, that is a log.
        if let Ok(Some(repaired)) = repair::<_, Op>(&directory, OURS) {
            let opened = Wal::open::<Op>(directory, OURS, SMALL);
            assert!(opened.is_ok(), "{repaired:?} is a log\n{}", shown(&disk));
        }
        return;
    };
    let (mut wal, second) = Wal::open::<Op>(directory.clone(), OURS, SMALL).expect("it was opened");
    assert_eq!(second.torn, None, "what is torn is cut off once");
    assert_eq!(
        (&second.hard_state, &second.log),
        (&first.hard_state, &first.log),
        "it is the same"
    );
    let begins = Some(second.log.last());
    let write = replication::Write { hard_state: None, begins, entries: None };
    wal.add::<Op>(&write).expect("nothing has failed");
    wal.sync().expect("the disk works");
    let (_, third) = Wal::open::<Op>(directory, OURS, SMALL).expect("it goes on");
    assert_eq!(third.log.last(), first.log.last(), "where it ended");
}

/// The beginning of a segment of this length, as the documentation of the format says.
fn beginning(length: u64) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[0..8].copy_from_slice(b"byo-wal1");
    bytes[8..16].copy_from_slice(&OURS.cluster.to_le_bytes());
    bytes[16..24].copy_from_slice(&OURS.member.to_le_bytes());
    bytes[24..32].copy_from_slice(&1_u64.to_le_bytes());
    bytes[32..40].copy_from_slice(&length.to_le_bytes());
    // Nothing comes before it, so the checksum at the end of that is zero.
    let seed = crc32c::crc32c(&bytes[0..44]);
    bytes[44..48].copy_from_slice(&seed.to_le_bytes());
    bytes
}

/// A segment with these records: the first where it belongs, and each other as a batch of its own.
/// Of each, the first byte is its length.
fn framed(mut rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    // The seed says how long the segment is, so that has to be known first.
    let (mut count, mut batches) = (rest, 1_usize);
    while let Some((length, more)) = count.split_first() {
        count = &more[usize::from(*length).min(more.len())..];
        batches += 1;
    }
    let length = 512 * (batches + 1);
    bytes[..48].copy_from_slice(&beginning(length as u64));
    let seed = u32::from_le_bytes(bytes[44..48].try_into().expect("four bytes"));
    let (mut running, mut batch) = (seed, 0_u32);
    while let Some((length, more)) = rest.split_first() {
        let (record, more) = more.split_at(usize::from(*length).min(more.len()));
        rest = more;
        let head = [u32::try_from(record.len()).expect("a short one"), batch].map(u32::to_le_bytes);
        let head = head.concat();
        running = crc32c::crc32c_append(crc32c::crc32c_append(running, &head), record);
        bytes.extend(&head);
        bytes.extend(crc32c::crc32c_append(seed, &head).to_le_bytes());
        bytes.extend(running.to_le_bytes());
        bytes.push(0xB5);
        bytes.extend(record);
        bytes.push(0x4A);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        batch += 1;
    }
    bytes.resize(length, 0);
    bytes
}
