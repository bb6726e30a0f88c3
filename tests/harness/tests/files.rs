//! What a loss of power may leave of files in memory.

use harness::files::{Disk, Failing};
use std::collections::BTreeSet;

/// What the file of this name may hold after a crash at the end; none where it is not there.
fn left(disk: &Disk, name: &str) -> BTreeSet<Option<Vec<u8>>> {
    let mut all = BTreeSet::new();
    disk.crash(disk.operations(), |_, image| {
        let files = image.disk.files();
        let found = files.into_iter().find(|(it, _)| it == name).map(|(_, bytes)| bytes);
        all.insert(found);
    });
    all
}

#[test]
fn what_is_synced_is_there_and_what_is_not_may_be() {
    let disk = Disk::new();
    let file = disk.create("a").unwrap();
    file.write_at(b"one", 0).unwrap();
    file.sync().unwrap();
    assert_eq!(left(&disk, "a"), [None, Some(b"one".to_vec())].into(), "its name is not certain");
    disk.sync().unwrap();
    assert_eq!(left(&disk, "a"), [Some(b"one".to_vec())].into());
    file.write_at(b"two", 0).unwrap();
    let torn = Some(b"tne".to_vec());
    let expected = [Some(b"one".to_vec()), torn, Some(b"two".to_vec())].into();
    assert_eq!(left(&disk, "a"), expected, "not there, there in part, and there");
}

#[test]
fn sectors_come_in_any_order() {
    let disk = Disk::with([("a".to_owned(), vec![0; 1_024])]);
    disk.open("a").unwrap().write_at(&[1; 1_024], 0).unwrap();
    let sectors =
        |bytes: &Vec<u8>| (bytes[0] == 1 && bytes[511] == 1, bytes[512] == 1 && bytes[1_023] == 1);
    let found: BTreeSet<_> = left(&disk, "a").iter().flatten().map(sectors).collect();
    assert_eq!(found.len(), 4, "none, the first, the second, both");
}

#[test]
fn a_new_name_is_certain_once_the_directory_is_synced() {
    let disk = Disk::with([("a".to_owned(), vec![1])]);
    disk.rename("a", "b").unwrap();
    assert_eq!(left(&disk, "b"), [None, Some(vec![1])].into());
    disk.sync().unwrap();
    assert_eq!(left(&disk, "b"), [Some(vec![1])].into());
    assert_eq!(left(&disk, "a"), [None].into());
}

#[test]
fn disks_fail_when_they_are_told_to() {
    let disk = Disk::new();
    let file = disk.create("a").unwrap();
    disk.fail(Failing::Full(1));
    assert!(file.write_at(b"x", 0).is_err(), "there is no room");
    disk.fail(Failing::SyncOnce(1));
    assert!(file.sync().is_err(), "once");
    assert!(file.sync().is_ok(), "and no more");
    disk.fail(Failing::Renames(0));
    assert!(disk.rename("a", "b").is_err());
    disk.write_short(2);
    assert_eq!(file.write_at(b"xyz", 0).unwrap(), 2, "a part");
}
