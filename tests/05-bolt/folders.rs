//! Real directories, and two who want the same store at the same time: one has it.

use bolt::{Changes, Directory, Error, Folder, Options, Store};
use harness::check;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

const SMALL: Options = Options { page_size: 512, cache_bytes: 1 << 20, growth: 0 };

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

/// A folder in which whoever makes a file says so, and waits.
struct Slow {
    folder: Folder,
    makes: Sender<()>,
    goes_on: Receiver<()>,
}

impl Directory for Slow {
    type File = File;

    fn open(&self, name: &str) -> Result<Option<File>, Error> {
        self.folder.open(name)
    }

    fn create(&self, name: &str) -> Result<File, Error> {
        let _ = self.makes.send(());
        let _ = self.goes_on.recv();
        self.folder.create(name)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        let _ = self.makes.send(());
        let _ = self.goes_on.recv();
        self.folder.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        self.folder.remove(name)
    }

    fn sync(&self) -> Result<(), Error> {
        self.folder.sync()
    }

    fn place(&self, name: &str) -> String {
        self.folder.place(name)
    }
}

#[test]
fn two_make_the_same_store() {
    check(|| {
        // Where the slow one waits when the other one comes: before it makes the file, or before it
        // gives it its name.
        for waits in 0..2 {
            let folder = folder();
            let (makes, making) = channel();
            let (go_on, goes_on) = channel();
            let slow = Slow { folder: Folder::new(folder.path()), makes, goes_on };
            thread::scope(|scope| {
                let slow = scope.spawn(move || Store::open(slow, "db", SMALL).map(|_| ()));
                for _ in 0..waits {
                    making.recv().expect("it comes to it");
                    go_on.send(()).expect("it waits");
                }
                making.recv().expect("it comes to it");
                let fast = Store::open(Folder::new(folder.path()), "db", SMALL);
                drop(go_on);
                let slow = slow.join().expect("it does not panic");
                assert_eq!(fast.is_err(), slow.is_ok(), "one has it");
                for error in [fast.as_ref().err(), slow.as_ref().err()].into_iter().flatten() {
                    assert!(matches!(error, Error::InUse { .. }), "{error}");
                }
                let Ok(mut fast) = fast else { return };
                let mut all = Changes::new();
                all.put("k", "v");
                fast.commit(all).expect("the disk works");
                drop(fast);
                let store = Store::open(Folder::new(folder.path()), "db", SMALL);
                let view = store.expect("it is sound").view();
                let root = view.root().expect("it is sound");
                assert!(root.get(b"k").expect("it is sound").is_some(), "it was committed");
            });
        }
    });
}

#[test]
fn nobody_gets_a_file_that_has_lost_its_name() {
    check(|| {
        let folder = folder();
        let open = || Store::open(Folder::new(folder.path()), "db", SMALL);
        let mut store = open().expect("an empty folder");
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    let error = open().map(|_| ()).expect_err("somebody has it");
                    assert!(matches!(error, Error::InUse { .. }), "{error}");
                }
            });
            for _ in 0..200 {
                let copied = store.defragment(90, || true);
                if copied.is_err() {
                    done.store(true, Ordering::Release);
                }
                assert!(copied.expect("nobody takes the new file away"), "nobody stops it");
            }
            done.store(true, Ordering::Release);
            other.join().expect("it did not get it");
        });
    });
}
