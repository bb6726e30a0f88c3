//! Files that come in parts: whole under their name, or not there.

use crate::memory::Memory;
use harness::check;
use harness::files::{Disk, Failing, Kind};
use std::io::ErrorKind;
use wal::{Directory, Error, Incoming, discard_parts};

const NAME: &str = "snapshot";

fn text(number: u8) -> Vec<u8> {
    vec![number; 1_500]
}

/// What the file of this name holds.
fn held(disk: &Disk) -> Option<Vec<u8>> {
    disk.files().into_iter().find(|(name, _)| name == NAME).map(|(_, bytes)| bytes)
}

fn receive(disk: &Disk, bytes: &[u8]) -> Result<(), Error> {
    let mut incoming = Incoming::begin(Memory(disk.clone()), NAME)?;
    for part in bytes.chunks(700) {
        incoming.add(part)?;
    }
    assert_eq!(incoming.length(), bytes.len() as u64);
    let check = |file: &<Memory as Directory>::File| {
        let mut found = vec![0; bytes.len() + 1];
        let count = wal::File::read_at(file, &mut found, 0).map_err(|error| error.to_string())?;
        if found[..count] == *bytes { Ok(()) } else { Err("its bytes are others".to_owned()) }
    };
    incoming.finish(check).map(|_| ())
}

#[test]
fn whatever_a_crash_leaves_is_the_old_file_or_the_new() {
    check(|| {
        let disk = Disk::with([(NAME.to_owned(), text(1))]);
        receive(&disk, &text(2)).expect("the disk works");
        let (mut old, mut new) = (0, 0);
        let tried = disk.crash(0, |operations, image| {
            match held(&image.disk).expect("there is one at any time") {
                bytes if bytes == text(1) => old += 1,
                bytes if bytes == text(2) => new += 1,
                bytes => panic!(
                    "after {operations} operations, lost: {}: {} bytes that nobody wrote",
                    image.lost,
                    bytes.len()
                ),
            }
            let directory = Memory(image.disk.clone());
            discard_parts(&directory).expect("the disk works");
            assert_eq!(image.disk.names(), [NAME], "nothing is left over");
        });
        harness::note(format!("{} images of {} crashes", tried.images, tried.crashes));
        assert!(old > 10 && new > 0, "{old} with the old file, {new} with the new");
        disk.crash(disk.operations(), |_, image| {
            assert_eq!(held(&image.disk), Some(text(2)), "what is finished stays");
        });
    });
}

#[test]
fn what_is_not_what_was_sent_never_gets_its_name() {
    check(|| {
        let disk = Disk::with([(NAME.to_owned(), text(1))]);
        let mut incoming = Incoming::begin(Memory(disk.clone()), NAME).expect("there is room");
        incoming.add(&text(2)).expect("there is room");
        let finished = incoming.finish(|_| Err("it is too short".to_owned()));
        let error = finished.map(|_| ()).expect_err("it is not whole");
        assert_eq!(
            error.to_string(),
            "snapshot was not received well: it is too short; ask for it again"
        );
        assert_eq!(disk.files(), [(NAME.to_owned(), text(1))], "and nothing of it is left");
    });
}

#[test]
fn one_that_begins_again_is_another() {
    check(|| {
        let disk = Disk::new();
        let mut first = Incoming::begin(Memory(disk.clone()), NAME).expect("there is room");
        first.add(&text(1)).expect("there is room");
        let second = Incoming::begin(Memory(disk.clone()), NAME).expect("there is room");
        // The process ends. The next one does not know of them.
        drop((first, second));
        discard_parts(&Memory(disk.clone())).expect("the disk works");
        assert_eq!(disk.names(), Vec::<String>::new(), "nothing of them is left");
        receive(&disk, &text(2)[..10]).expect("there is room");
        assert_eq!(disk.files(), [(NAME.to_owned(), text(2)[..10].to_vec())]);
        let mut third = Incoming::begin(Memory(disk.clone()), NAME).expect("there is room");
        third.add(&text(3)).expect("there is room");
        third.give_up().expect("the disk works");
        assert_eq!(disk.files(), [(NAME.to_owned(), text(2)[..10].to_vec())]);
    });
}

#[test]
fn two_on_their_way_do_not_meet() {
    check(|| {
        let disk = Disk::new();
        let begin = || Incoming::begin(Memory(disk.clone()), NAME).expect("there is room");
        let (mut first, mut second, third) = (begin(), begin(), begin());
        second.add(&text(2)[..700]).expect("there is room");
        first.add(&text(1)).expect("there is room");
        third.give_up().expect("the disk works");
        first.finish(|_| Ok(())).expect("the disk works");
        assert_eq!(held(&disk), Some(text(1)), "the first, and nothing of the second");
        second.add(&text(2)[700..]).expect("there is room");
        second.finish(|_| Ok(())).expect("the disk works");
        assert_eq!(disk.files(), [(NAME.to_owned(), text(2))], "and then the second");
    });
}

#[test]
fn a_disk_that_fails_leaves_the_old_file() {
    check(|| {
        for what in [Kind::Create, Kind::Grow, Kind::Write, Kind::Sync, Kind::Rename] {
            let disk = Disk::with([(NAME.to_owned(), text(1))]);
            let error = ErrorKind::StorageFull;
            disk.fail(Failing { what, after: 0, times: 1, error });
            let failed = receive(&disk, &text(2)).expect_err("it is told of it");
            assert!(failed.to_string().contains("snapshot.part"), "{failed}");
            assert_eq!(held(&disk), Some(text(1)), "{what:?}");
            receive(&disk, &text(2)).expect("the next one may come");
            discard_parts(&Memory(disk.clone())).expect("the disk works");
            assert_eq!(disk.files(), [(NAME.to_owned(), text(2))], "{what:?}");
        }
    });
}
