//! Which revisions are old, without a clock.

use harness::check;
use server::{AutoCompaction, Retention};
use std::time::Duration;

/// Looks as often as it is due, for so many seconds, while a revision comes each second. When what
/// was said.
fn run(kept: AutoCompaction, seconds: u64) -> Vec<(u64, i64)> {
    let mut retention = Retention::new(kept);
    let (mut said, mut compacted) = (Vec::new(), None);
    while retention.due() <= Duration::from_secs(seconds) {
        let now = retention.due();
        let newest = 1 + now.as_secs() as i64;
        if let Some(old) = retention.look(now, newest, compacted) {
            said.push((now.as_secs(), old));
            compacted = Some(old);
        }
    }
    said
}

#[test]
fn by_time_what_is_younger_is_kept() {
    check(|| {
        let said = run(AutoCompaction::Periodic(Duration::from_secs(100)), 1_000);
        assert_eq!(said.len(), 10, "{said:?}");
        for (now, old) in said {
            let age = now as i64 + 1 - old;
            assert!((100..=110).contains(&age), "at {now}, {old} goes, which is {age} old");
        }
    });
}

#[test]
fn by_a_long_time_old_revisions_go_once_an_hour() {
    check(|| {
        let said = run(AutoCompaction::Periodic(Duration::from_secs(5 * 3600)), 10 * 3600);
        assert_eq!(said[0].0, 5 * 3600, "not before anything is so old");
        assert_eq!(said.len(), 6, "{said:?}");
        assert!(said.windows(2).all(|two| two[1].0 - two[0].0 == 3600), "{said:?}");
    });
}

#[test]
fn by_number_all_but_the_newest_go() {
    check(|| {
        let said = run(AutoCompaction::Revision(500), 1_500);
        assert_eq!(said, [(600, 101), (900, 401), (1_200, 701), (1_500, 1_001)]);
    });
}

#[test]
fn what_has_not_gone_is_said_again_and_what_is_idle_is_not() {
    check(|| {
        let mut retention = Retention::new(AutoCompaction::Periodic(Duration::from_secs(10)));
        let mut at =
            |seconds, compacted| retention.look(Duration::from_secs(seconds), 5, compacted);
        let before: Vec<_> = (0..10).map(|second| at(second, None)).collect();
        assert!(before.iter().all(Option::is_none), "nothing is old yet");
        assert_eq!(at(10, None), Some(5));
        assert_eq!(at(11, None), Some(5), "it was lost");
        assert_eq!(at(12, Some(5)), None, "it has gone");
        let idle: Vec<_> = (13..50).map(|second| at(second, Some(5))).collect();
        assert!(idle.iter().all(Option::is_none), "nothing has happened since");
    });
}
