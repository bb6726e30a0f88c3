//! What a loss of power may leave of files in memory.

use harness::Draws;
use harness::files::{Disk, Failing, Kind};
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};

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
fn where_a_file_has_grown_old_bytes_may_turn_up() {
    let disk = Disk::with([("a".to_owned(), vec![0])]);
    let file = disk.open("a").unwrap();
    file.write_at(b"old", 512).unwrap();
    file.sync().unwrap();
    file.write_at(b"new", 1_024).unwrap();
    let found: BTreeSet<_> =
        left(&disk, "a").into_iter().flatten().map(|bytes| bytes[515..].to_vec()).collect();
    let with = |end: &[u8]| [&[0; 509], end].concat();
    assert!(found.contains(&with(b"new")) && found.contains(&vec![]), "there, and not");
    assert!(found.contains(&with(b"old")), "something else");
}

#[test]
fn what_a_failed_sync_has_forgotten_stays_forgotten() {
    let disk = Disk::with([("a".to_owned(), vec![0; 4])]);
    let file = disk.open("a").unwrap();
    file.write_at(b"one", 0).unwrap();
    let once = Failing { what: Kind::Sync, after: 0, times: 1, error: ErrorKind::Other };
    disk.fail(once);
    assert!(file.sync().is_err(), "once");
    assert!(file.sync().is_ok(), "and no more");
    assert!(left(&disk, "a").contains(&Some(vec![0; 4])), "it may never get there");
    file.write_at(b"one", 0).unwrap();
    file.sync().unwrap();
    assert_eq!(left(&disk, "a"), [Some(b"one\0".to_vec())].into(), "unless it is written again");
}

#[test]
fn disks_fail_when_they_are_told_to() {
    let disk = Disk::new();
    let file = disk.create("a").unwrap();
    let fail = |what, after, times| {
        disk.fail(Failing { what, after, times, error: ErrorKind::StorageFull });
    };
    fail(Kind::Grow, 1, usize::MAX);
    assert!(file.write_at(b"xyz", 0).is_ok(), "one works");
    let error = file.write_at(b"xyz", 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull, "there is no room for a fourth byte");
    assert!(file.write_at(b"abc", 0).is_ok(), "but for what is there");
    fail(Kind::Write, 0, 1);
    assert!(file.write_at(b"x", 0).is_err(), "once");
    assert!(file.write_at(b"x", 0).is_ok(), "and no more");
    fail(Kind::Read, 0, 1);
    assert!(file.read_at(&mut [0], 0).is_err());
    assert_eq!(file.read_at(&mut [0; 9], 0).unwrap(), 3);
    fail(Kind::SyncNames, 0, 1);
    assert!(disk.sync().is_err());
    fail(Kind::Create, 0, 1);
    assert!(disk.create("b").is_err());
    fail(Kind::Rename, 0, 1);
    assert!(disk.rename("a", "b").is_err());
    fail(Kind::Remove, 0, 1);
    assert!(disk.remove("a").is_err());
    disk.write_short(2);
    assert_eq!(file.write_at(b"xyz", 0).unwrap(), 2, "a part");
}

/// A disk in the middle of things: a file that is synced and written over, one that has grown, and
/// a name that is not certain.
fn busy() -> io::Result<Disk> {
    let disk = Disk::with([("a".to_owned(), vec![1; 1_500]), ("b".to_owned(), vec![2])]);
    let (a, b) = (disk.open("a")?, disk.open("b")?);
    a.write_at(&[3; 700], 100)?;
    a.sync()?;
    a.write_at(&[4; 600], 200)?;
    b.write_at(&[5; 3], 1)?;
    disk.rename("b", "c")?;
    Ok(disk)
}

/// What a crash may leave, all of it.
fn images(disk: &Disk) -> BTreeSet<Vec<(String, Vec<u8>)>> {
    let mut all = BTreeSet::new();
    disk.crash(disk.operations(), |_, image| {
        all.insert(image.disk.files());
    });
    all
}

#[test]
fn one_image_is_drawn() {
    let disk = busy().unwrap();
    let drawn = |seed: u64| disk.crashed(disk.operations(), &mut Draws::new(seed)).disk;
    assert_eq!(drawn(7).files(), drawn(7).files(), "one seed, one image");
    let all: BTreeSet<_> = (0..500).map(|seed| drawn(seed).files()).collect();
    assert!(all.len() > 30, "{} different ones", all.len());
    let has = |files: &[(String, Vec<u8>)], name: &str| files.iter().any(|(it, _)| it == name);
    let late = all.iter().filter(|files| has(files, "b")).count();
    assert!(late > 9 && all.len() - late > 9, "a name may be late");
    assert!(all.iter().all(|files| has(files, "b") != has(files, "c")), "and is not both");
    for (name, bytes) in all.iter().flatten() {
        let certain = name != "a" || bytes[..100] == [1; 100] && bytes[100..200] == [3; 100];
        assert!(certain, "what was synced is there");
    }
    let after = drawn(7);
    assert_eq!(images(&after), [after.files()].into(), "all that is left is certain");
    let first = disk.crashed(0, &mut Draws::new(1)).disk;
    let files = [("a".to_owned(), vec![1; 1_500]), ("b".to_owned(), vec![2])];
    assert_eq!(first.files(), files, "before anything was done");
}

#[test]
fn what_a_disk_forgets_is_what_was_done_and_not_what_it_left() {
    let (one, other) = (busy().unwrap(), busy().unwrap());
    one.forget();
    assert_eq!(one.operations(), other.operations(), "they are counted");
    assert_eq!(images(&one), images(&other), "it may lose what it might have lost");
    for disk in [&one, &other] {
        disk.open("a").unwrap().sync().unwrap();
        disk.sync().unwrap();
        disk.forget();
        disk.open("c").unwrap().write_at(b"x", 0).unwrap();
    }
    assert_eq!(images(&one), images(&other));
    let forgotten = std::panic::catch_unwind(|| one.crashed(2, &mut Draws::new(1)));
    assert!(forgotten.is_err(), "that is no moment any more");
}

#[test]
fn a_copy_is_a_disk_of_its_own() {
    let disk = busy().unwrap();
    let copy = disk.copy();
    assert_eq!((copy.files(), images(&copy)), (disk.files(), images(&disk)));
    disk.open("a").unwrap().write_at(b"mine", 0).unwrap();
    disk.sync().unwrap();
    assert!(copy.files() != disk.files() && copy.names() == disk.names());
    assert!(images(&copy).len() > images(&disk).len(), "its name is not certain there");
}
