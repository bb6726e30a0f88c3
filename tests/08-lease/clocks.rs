//! Clocks that run, stand still and jump.

use crate::member::{NO_RESTS, NONE, at, grant, id, left, over, primary, renewed, rests};
use harness::check;
use lease::{Renewal, Time};
use std::time::Duration;

#[test]
fn a_clock_may_begin_anywhere() {
    check(|| {
        for begin in [0, 1, 1 << 40] {
            let mut lessor = primary(at(begin));
            grant(&mut lessor, 7, 2, at(begin));
            assert_eq!(over(&mut lessor, at(begin + 1_999)), NONE);
            assert_eq!(over(&mut lessor, at(begin + 2_000)), [7]);
        }
    });
}

#[test]
fn a_clock_that_is_set_back_takes_nothing_away_and_does_not_stop_time() {
    check(|| {
        let mut lessor = primary(at(1_000_000));
        grant(&mut lessor, 7, 10, at(1_000_000));
        assert_eq!(over(&mut lessor, at(1_006_000)), NONE, "6 s have passed");
        assert_eq!(over(&mut lessor, at(500)), NONE, "nobody knows how long that took");
        assert_eq!(left(&lessor, 7, at(500)), 4);
        assert_eq!(over(&mut lessor, at(4_499)), NONE);
        assert_eq!(over(&mut lessor, at(4_500)), [7], "not when the clock shows 1 010 000 again");
        assert_eq!(over(&mut lessor, at(0)), NONE, "it is under way");
        assert_eq!(over(&mut lessor, at(2_999)), NONE);
        assert_eq!(over(&mut lessor, at(3_000)), [7], "and its retry comes, too");
    });
}

#[test]
fn setting_a_clock_back_and_forth_makes_no_time() {
    check(|| {
        let mut lessor = primary(at(10_000));
        grant(&mut lessor, 7, 10, at(10_000));
        for round in 0..1_000 {
            let now = 10_000 - round * 10;
            assert_eq!(over(&mut lessor, at(now)), NONE, "it goes back only, at {now}");
            assert_eq!(left(&lessor, 7, at(now)), 10);
        }
    });
}

#[test]
fn threads_that_ask_with_a_time_of_a_moment_ago_make_no_time_either() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 2, at(0));
        grant(&mut lessor, 8, 600, at(0));
        for round in 0..3 {
            assert_eq!(over(&mut lessor, at(500 * round)), NONE);
            // They have read the clock, and others were faster.
            for late in [499, 0, 300, 100, 499, 1] {
                let now = at(500 * round + late);
                assert_eq!(lessor.renew(id(8), now), renewed(600));
                assert!(left(&lessor, 7, now) >= 2 - 1 - i64::try_from(round).expect("a few") / 2);
            }
        }
        assert_eq!(over(&mut lessor, at(1_999)), NONE);
        assert_eq!(over(&mut lessor, at(2_000)), [7]);
    });
}

#[test]
fn a_time_from_before_the_last_round_counts_as_that_round() {
    check(|| {
        let mut lessor = primary(at(0));
        assert_eq!(over(&mut lessor, at(5_000)), NONE);
        grant(&mut lessor, 7, 2, at(4_000));
        assert_eq!(over(&mut lessor, at(6_999)), NONE);
        assert_eq!(lessor.renew(id(7), at(6_000)), renewed(2));
        assert_eq!(over(&mut lessor, at(8_998)), NONE);
        assert_eq!(over(&mut lessor, at(8_999)), [7]);
    });
}

#[test]
fn a_clock_that_jumps_ahead_ends_what_is_due_by_then() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 10, at(0));
        grant(&mut lessor, 8, 9_000_000_000, at(0));
        assert_eq!(over(&mut lessor, at(3_600_000)), [7]);
        assert_eq!(lessor.renew(id(8), at(3_600_000)), renewed(9_000_000_000));
        assert_eq!(rests(&mut lessor, at(3_600_000)), NO_RESTS);
    });
}

#[test]
fn the_end_of_all_clocks_is_no_end() {
    check(|| {
        let last = Time::new(Duration::MAX);
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 2, at(0));
        grant(&mut lessor, 8, 9_000_000_000, at(0));
        for _ in 0..3 {
            // Whatever is due is due; but none is named twice in a round, and no round hangs.
            let mut found = over(&mut lessor, last);
            found.sort_unstable();
            found.dedup();
            assert_eq!(found, [7, 8]);
        }
        grant(&mut lessor, 9, 1_000, last);
        assert_eq!(left(&lessor, 9, last), 0, "it ends where time does");
        assert!(matches!(lessor.renew(id(7), last), Ok(Renewal::Wait)));
        let _ = lessor.checkpoints(last);
        // Set back, the clock runs on.
        assert!(lessor.expired(at(0)).is_some());
    });
}
