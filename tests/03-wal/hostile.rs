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
        1 => [&beginning(1, 2_048, 0)[..], rest].concat(),
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

/// The beginning of a segment, as the documentation of the format says: its number, its length, and
/// the checksum at the end of the segment before it.
fn beginning(number: u64, length: u64, before: u32) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[0..8].copy_from_slice(b"byo-wal1");
    bytes[8..16].copy_from_slice(&OURS.cluster.to_le_bytes());
    bytes[16..24].copy_from_slice(&OURS.member.to_le_bytes());
    bytes[24..32].copy_from_slice(&number.to_le_bytes());
    bytes[32..40].copy_from_slice(&length.to_le_bytes());
    bytes[40..44].copy_from_slice(&before.to_le_bytes());
    let seed = crc32c::crc32c(&bytes[0..44]);
    bytes[44..48].copy_from_slice(&seed.to_le_bytes());
    bytes
}

/// A segment with these records. Of each, the first byte is its length.
fn framed(mut rest: &[u8]) -> Vec<u8> {
    let mut records = Vec::new();
    while let Some((length, more)) = rest.split_first() {
        let (record, more) = more.split_at(usize::from(*length).min(more.len()));
        records.push(record);
        rest = more;
    }
    let records: Vec<(u32, &[u8])> = (0..).zip(records).collect();
    // Nothing comes before it, so the checksum at the end of that is zero.
    segment(1, 0, &records).0
}

/// A segment with these records, each the only one of the batch that has this number: the first
/// where it belongs, and the others in a sector each. Also the checksum at its end.
pub fn segment(number: u64, before: u32, records: &[(u32, &[u8])]) -> (Vec<u8>, u32) {
    // The seed says how long the segment is, so that has to be known first.
    let length = 512 * (records.len() + 2);
    let mut bytes = beginning(number, length as u64, before).to_vec();
    let seed = u32::from_le_bytes(bytes[44..48].try_into().expect("four bytes"));
    let mut running = seed;
    for (batch, record) in records {
        let head = [u32::try_from(record.len()).expect("a short one"), *batch];
        let head = head.map(u32::to_le_bytes).concat();
        running = crc32c::crc32c_append(crc32c::crc32c_append(running, &head), record);
        bytes.extend(&head);
        bytes.extend(crc32c::crc32c_append(seed, &head).to_le_bytes());
        bytes.extend(running.to_le_bytes());
        bytes.push(0xB5);
        bytes.extend(*record);
        bytes.push(0x4A);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(length, 0);
    (bytes, running)
}
