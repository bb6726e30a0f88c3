//! An image of a view is a snapshot of etcd's.

use crate::bbolt;
use crate::etcd::{Member, PEERS, database};
use crate::programs::{folder, name, number, refused, run};
use crate::rows::open;
use bolt::{Changes, View};
use std::fs::{self, File};
use std::path::Path;

/// The image, with its digest behind it.
fn snapshot(view: &View<File>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let taken = view.backup(|piece| {
        bytes.extend_from_slice(piece);
        true
    });
    taken.expect("it is sound");
    bytes
}

fn status(file: &Path) -> String {
    run("etcdutl", &["snapshot", "status", name(file), "--write-out=json"])
}

fn restore<'a>(file: &'a Path, data: &'a Path) -> Vec<&'a str> {
    let mut words = vec!["snapshot", "restore", name(file), "--data-dir", name(data), "--name=m"];
    words.extend(["--initial-cluster", PEERS]);
    words.extend(["--initial-advertise-peer-urls", "http://127.0.0.1:2380"]);
    words
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn a_member_begins_with_an_image_of_ours() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let (data, theirs, ours) = (path("data"), path("theirs.db"), path("ours.db"));
    let member = Member::start(&data);
    member.fill();
    let state = member.state();
    member.client(&["snapshot", "save", name(&theirs)]);
    member.stop();

    let file = database(&data);
    let raw = status(&file);
    let mut store = open(&file);
    let view = store.view();
    // It is an image of what is looked at, whatever happens meanwhile.
    let mut changes = Changes::new();
    changes.delete_bucket("key");
    store.commit(changes).expect("the disk works");
    let image = snapshot(&view);
    fs::write(&ours, &image).expect("there is room on the disk");
    drop((view, store));
    assert_eq!(status(&ours), raw, "the image is the file as it was");
    bbolt::check(&ours);
    let saved = status(&theirs);
    for field in ["revision", "totalKey", "totalSize"] {
        assert_eq!(number(&raw, field), number(&saved, field), "{field}: {raw} {saved}");
    }

    // Of one and the same state, it is etcd's snapshot to the byte.
    let same = snapshot(&open(&theirs).view()) == fs::read(&theirs).expect("it is there");
    assert!(same, "ours and theirs are the same bytes");

    let restored = path("restored");
    run("etcdutl", &restore(&ours, &restored));
    let member = Member::start(&restored);
    assert!(member.state() == state, "every answer is the one before");
    member.client(&["put", "after", "all"]);
    assert_eq!(member.client(&["get", "after", "--print-value-only"]), "all\n");
    member.stop();

    // The digest is looked at.
    let mut broken = image;
    broken[5_000] ^= 1;
    fs::write(&ours, broken).expect("there is room on the disk");
    let why = refused("etcdutl", &restore(&ours, &path("refused")));
    assert!(why.contains("expected sha256"), "{why}");
}
