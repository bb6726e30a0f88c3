//! 1.2: timers that fire, and limits that are drawn.

use election::Timer;
use harness::{Draws, check};
use std::collections::{BTreeMap, BTreeSet};

/// On which tick a timer fires for the first time.
fn limit(mut timer: Timer) -> u32 {
    (1..=100).find(|_| timer.tick()).expect("a timer of 10 ticks fires within 100")
}

#[test]
fn it_fires_on_its_limit_and_starts_over() {
    check(|| {
        let mut timer = Timer::fixed(3);
        let fired: Vec<bool> = (0..7).map(|_| timer.tick()).collect();
        assert_eq!(fired, [false, false, true, false, false, true, false], "a timer of 3 ticks");
        let mut shortest = Timer::fixed(1);
        assert!(shortest.tick() && shortest.tick(), "a timer of 1 tick fires on every one");
    });
}

#[test]
fn it_counts_the_ticks_since_it_fired() {
    check(|| {
        let mut timer = Timer::fixed(3);
        let counted: Vec<u32> = (0..6)
            .map(|_| {
                timer.tick();
                timer.elapsed()
            })
            .collect();
        assert_eq!(counted, [1, 2, 0, 1, 2, 0], "elapsed() after each tick of a timer of 3");
    });
}

#[test]
fn every_limit_in_the_range_is_drawn() {
    check(|| {
        let mut draws = Draws::new(1);
        let mut seen: BTreeMap<u32, u32> = BTreeMap::new();
        for _ in 0..10_000 {
            let draw = draws.next();
            *seen.entry(limit(Timer::random(10, draw))).or_default() += 1;
        }
        let limits: Vec<u32> = seen.keys().copied().collect();
        let range: Vec<u32> = (10..20).collect();
        assert_eq!(limits, range, "the limits that 10,000 draws gave a timer of 10 ticks");
        for (limit, times) in seen {
            let even = (700..1_300).contains(&times);
            assert!(even, "{times} of 10,000 draws gave the limit {limit}; a tenth would be even");
        }
    });
}

#[test]
fn every_patience_has_its_range() {
    check(|| {
        let mut draws = Draws::new(4);
        for ticks in [1, 2, 3, 7, 25] {
            let seen: BTreeSet<u32> =
                (0..2_000).map(|_| limit(Timer::random(ticks, draws.next()))).collect();
            let range: BTreeSet<u32> = (ticks..2 * ticks).collect();
            assert_eq!(seen, range, "the limits that 2,000 draws gave a timer of {ticks} ticks");
        }
    });
}

#[test]
fn the_draw_decides() {
    check(|| {
        let mut draws = Draws::new(2);
        for _ in 0..1_000 {
            let draw = draws.next();
            let (one, two) = (Timer::random(10, draw), Timer::random(10, draw));
            assert_eq!(limit(one), limit(two), "the limit that the draw {draw} gives, twice");
        }
        for draw in [0, 1, u64::from(u32::MAX) + 1, u64::MAX] {
            let limit = limit(Timer::random(10, draw));
            assert!((10..20).contains(&limit), "the draw {draw} gives the limit {limit}");
        }
    });
}

#[test]
fn two_nodes_get_out_of_step() {
    check(|| {
        // Two candidates that time out together split the vote. They stay together for ever unless
        // their limits differ.
        let mut draws = Draws::new(3);
        let together = (0..1_000)
            .filter(|_| {
                let (one, two) = (draws.next(), draws.next());
                limit(Timer::random(10, one)) == limit(Timer::random(10, two))
            })
            .count();
        assert!(together < 200, "{together} of 1,000 pairs of timers fired on the same tick");
    });
}
