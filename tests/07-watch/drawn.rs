//! Changes and watchers, drawn from few keys, so that they meet.

use crate::past::Change;
use crate::world::put;
use api::WatchCreateRequest;
use bytes::Bytes;
use harness::Draws;

const KEYS: [&str; 6] = ["a", "aa", "b", "c", "d", "e"];

/// What a request changes, all at one revision; perhaps nothing.
pub fn changes(draws: &mut Draws) -> Vec<Change> {
    let count = if draws.chance(70) { 1 } else { draws.index(5) };
    let mut keys = KEYS.to_vec();
    let change = |_| {
        let key = keys.swap_remove(draws.index(keys.len()));
        match draws.chance(30) {
            true => Change::Delete(key),
            false => put(key, ["", "1", "two", "and three"][draws.index(4)]),
        }
    };
    (0..count).map(change).collect()
}

/// A watcher, which may be refused.
pub fn request(draws: &mut Draws, current: u64) -> WatchCreateRequest {
    let key = |draws: &mut Draws| Bytes::from_static(KEYS[draws.index(6)].as_bytes());
    let revision = |draws: &mut Draws| draws.below(current + 4).cast_signed();
    WatchCreateRequest {
        key: if draws.chance(10) { Bytes::new() } else { key(draws) },
        range_end: match draws.below(4) {
            0 => Bytes::new(),
            1 => Bytes::from_static(&[0]),
            _ => key(draws),
        },
        start_revision: match draws.below(10) {
            0..5 => 0,
            5 => -1,
            _ => revision(draws),
        },
        progress_notify: draws.chance(40),
        filters: (0..3).filter(|_| draws.chance(10)).collect(),
        prev_kv: draws.chance(40),
        // Not -1: what is said of it could as well be said of the whole stream.
        watch_id: if draws.chance(70) { 0 } else { [-2, 1, 2, 3, 4, 5, 6][draws.index(7)] },
        fragment: draws.chance(30),
    }
}
