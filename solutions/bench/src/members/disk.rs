//! What the disk allows three members: [`rounds`].
//!
//! A batch is committed when two of three have synced it, and the third may be late. So no thread
//! waits for a certain other one, and it takes two to go on.

use crate::files::{Bare, folder};
use crate::measure::timed;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// How many batches each thread has synced.
#[derive(Default)]
struct Synced {
    batches: Mutex<[u64; 3]>,
    /// Two have synced one more.
    news: Condvar,
}

/// Three threads write and sync so many batches of these bytes each, and begin one when two of the
/// three have synced the one before. How long it takes until two have synced the last.
pub fn rounds(bytes: usize, batches: u64) -> Duration {
    let folder = folder();
    let length = bytes.next_multiple_of(512) as u64 * batches;
    let files = [0, 1, 2].map(|own: u8| Bare::new(&folder.path().join(own.to_string()), length));
    let (content, synced) = (vec![1; bytes], Synced::default());
    let append = |own: usize| {
        for batch in 0..batches {
            synced.wait_for(batch);
            files[own].append_one(&content, batch);
            synced.add(own);
        }
    };
    std::thread::scope(|scope| {
        timed(|| {
            for own in 0..3 {
                scope.spawn(move || append(own));
            }
            synced.wait_for(batches);
        })
    })
}

/// So many batches are synced by two.
fn by_two(mut batches: [u64; 3]) -> u64 {
    batches.sort_unstable();
    batches[1]
}

impl Synced {
    /// Waits until two have synced so many.
    fn wait_for(&self, count: u64) {
        let batches = self.batches.lock().expect("no thread panics");
        let too_few = |batches: &mut [u64; 3]| by_two(*batches) < count;
        drop(self.news.wait_while(batches, too_few).expect("no thread panics"));
    }

    /// This one has synced one more. Whoever waits for two wakes up if they are two now.
    fn add(&self, own: usize) {
        let mut batches = self.batches.lock().expect("no thread panics");
        let before = by_two(*batches);
        batches[own] += 1;
        if by_two(*batches) > before {
            self.news.notify_all();
        }
    }
}
