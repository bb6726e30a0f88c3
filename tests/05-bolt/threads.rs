//! Real threads and real files: one writes, one commits, and others read all the time. What is
//! written is never seen in part.

use bolt::backend::{self, Reader, View};
use bolt::{Error, Folder, Options};
use harness::check;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

/// How many accounts there are, and how much is on all of them together.
const ACCOUNTS: u32 = 50;
const SUM: u32 = 50 * 100;

/// How many times something goes from one account to another.
const TRANSFERS: u32 = 4_000;

fn amount(value: &[u8]) -> u32 {
    u32::from_be_bytes(value.try_into().expect("4 bytes"))
}

fn sum(view: &View<File>) -> Result<u32, Error> {
    view.range(b"accounts", ..)?.map(|row| row.map(|(_, value)| amount(&value))).sum()
}

/// Looks until `done`, and at every view twice. How often it looked.
fn look(reader: &Reader<File>, done: &AtomicBool) -> u32 {
    let mut looks = 0;
    let mut last = 0;
    loop {
        // Whoever looks once more after the end has looked once at least.
        let is_last = done.load(Ordering::Acquire);
        let view = reader.view();
        assert_eq!(sum(&view).expect("it is sound"), SUM, "a transfer is there or not");
        let count = view.get(b"count", b"of transfers").expect("it is sound");
        let count = amount(&count.expect("it is there"));
        assert!(count >= last, "{count} after {last}: time goes forwards");
        last = count;
        assert_eq!(sum(&view).expect("it is sound"), SUM, "it stays as it is");
        looks += 1;
        if is_last {
            assert_eq!(count, TRANSFERS, "what was published is seen");
            return looks;
        }
    }
}

#[test]
fn nobody_sees_half_of_anything() {
    check(|| {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let options = Options { growth: 0, ..Options::default() };
        let open = || backend::open(Folder::new(folder.path()), "db", options);
        let (mut writer, mut committer) = open().expect("an empty folder");
        let mut accounts = vec![SUM / ACCOUNTS; ACCOUNTS as usize];
        for (number, amount) in accounts.iter().enumerate() {
            let key = number.to_be_bytes().to_vec();
            writer.put(b"accounts", key, amount.to_be_bytes().to_vec()).expect("short");
        }
        let count = |writer: &mut backend::Writer<_>, count: u32| {
            writer.put(b"count", "of transfers", count.to_be_bytes().to_vec()).expect("short");
        };
        count(&mut writer, 0);
        writer.publish();
        let done = AtomicBool::new(false);
        let mut draws = harness::Draws::new(1);
        let (send, frozen) = mpsc::channel::<backend::Frozen>();
        let reader = writer.reader();
        thread::scope(|scope| {
            let committer = scope.spawn(|| {
                for (at, frozen) in frozen.into_iter().enumerate() {
                    let committed = committer.commit(frozen).expect("the disk works");
                    committer.retire(committed);
                    if at % 4 == 1 {
                        committer.defragment(90, usize::MAX).expect("the disk works");
                    }
                }
                committer.store().check().expect("every page is accounted for");
            });
            let readers = [(); 2].map(|()| scope.spawn(|| look(&reader, &done)));
            for number in 1..=TRANSFERS {
                let (from, to) = (draws.index(50), draws.index(50));
                let moved = u32::from(accounts[from] > 0);
                accounts[from] -= moved;
                accounts[to] += moved;
                for account in [from, to] {
                    let key = account.to_be_bytes().to_vec();
                    let amount = accounts[account].to_be_bytes().to_vec();
                    writer.put(b"accounts", key, amount).expect("short");
                }
                count(&mut writer, number);
                writer.publish();
                if let Some(frozen) = writer.freeze() {
                    // If the other thread has failed, it says so at the end.
                    let _ = send.send(frozen);
                }
            }
            done.store(true, Ordering::Release);
            drop(send);
            let looks = readers.map(|reader| reader.join().expect("it does not panic"));
            committer.join().expect("it does not panic");
            harness::note(format!("{} views", looks.iter().sum::<u32>()));
            assert!(looks.iter().all(|looks| *looks > 0));
        });
        if let Some(frozen) = writer.freeze() {
            let committed = committer.commit(frozen).expect("the disk works");
            committer.retire(committed);
        }
        drop((writer, committer, reader));
        let (writer, _committer) = open().expect("nobody has it any more");
        let done = AtomicBool::new(true);
        look(&writer.reader(), &done);
    });
}
