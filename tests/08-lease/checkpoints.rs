//! What is left of long leases, written down.

use crate::member::{
    NO_RESTS, NONE, OPTIONS, Rows, at, grant, id, left, load, over, primary, renewed, rest, rests,
    revoke,
};
use api::Error;
use harness::check;
use lease::{Decided, Keep, Lessor, Options, PER_REQUEST, Reign, Renewal};

/// Seconds, as a clock shows them.
fn second(seconds: u64) -> lease::Time {
    at(seconds * 1_000)
}

/// An entry carries out what the primary decides now.
fn write_down(lessor: &mut Lessor, now: u64) -> Vec<(i64, i64)> {
    let Some(decided) = lessor.checkpoints(second(now)) else { return Vec::new() };
    let rests =
        decided.what.iter().map(|it| (it.lease.get(), it.rest.map_or(0, |it| it.seconds())));
    let rests = rests.collect();
    assert_eq!(lessor.checkpoint(&decided.what, Keep::Row, second(now)).len(), decided.what.len());
    rests
}

#[test]
fn the_rest_of_a_long_lease_is_written_down_every_five_minutes() {
    check(|| {
        let mut lessor = primary(at(0));
        for seconds in [300, 301, 400, 600, 700, 1_000] {
            grant(&mut lessor, seconds, seconds, at(0));
        }
        assert_eq!(rests(&mut lessor, at(299_999)), NO_RESTS);
        let first = write_down(&mut lessor, 300);
        assert_eq!(first, [(301, 1), (400, 100), (600, 300), (700, 400), (1_000, 700)]);
        assert_eq!(write_down(&mut lessor, 300), NO_RESTS, "once");
        assert_eq!(rests(&mut lessor, at(599_999)), NO_RESTS);
        assert_eq!(write_down(&mut lessor, 600), [(700, 100), (1_000, 400)]);
        assert_eq!(write_down(&mut lessor, 900), [(1_000, 100)]);
        assert_eq!(write_down(&mut lessor, 10_000), NO_RESTS);
    });
}

#[test]
fn a_second_that_has_begun_counts_whole() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 1_000, at(0));
        assert_eq!(rests(&mut lessor, at(300_001)), [(7, 700)], "699.999 s");
    });
}

#[test]
fn so_many_are_in_one_request_and_the_others_in_the_next() {
    check(|| {
        let mut lessor = primary(at(0));
        let count = PER_REQUEST + 10;
        for place in 0..count {
            let number = i64::try_from(count - place).expect("a few");
            grant(&mut lessor, number, 1_000, at(place as u64));
        }
        let first = rests(&mut lessor, second(310));
        assert_eq!(first.len(), PER_REQUEST);
        assert_eq!(first[0].0, i64::try_from(count).expect("a few"), "what was due first");
        assert_eq!(rests(&mut lessor, second(310)).len(), 10);
        assert_eq!(rests(&mut lessor, second(310)), NO_RESTS);
    });
}

#[test]
fn a_deadline_is_what_it_was() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 400, at(0));
        assert_eq!(write_down(&mut lessor, 300), [(7, 100)]);
        let found = lessor.time_to_live(id(7), second(300)).expect("it is there");
        assert_eq!((found.granted.seconds(), found.left), (400, 100));
        // Were the entry late, its rest would not be the rest any more.
        let _ = lessor.checkpoint(&[rest(7, Some(100))], Keep::Row, second(350));
        assert_eq!(left(&lessor, 7, second(350)), 50);
        assert_eq!(over(&mut lessor, at(399_999)), NONE);
        assert_eq!(over(&mut lessor, at(400_000)), [7]);
    });
}

#[test]
fn nothing_is_written_down_if_nobody_wants_it() {
    check(|| {
        let mut lessor = load(Options { checkpoints: false, ..OPTIONS }, &Rows::new());
        lessor.promote(Reign(1), at(0));
        grant(&mut lessor, 7, 1_000, at(0));
        assert!(lessor.checkpoints(second(300)).is_none());
        // What an entry of another primary says still holds.
        assert_eq!(lessor.checkpoint(&[rest(7, Some(700))], Keep::Row, second(300)).len(), 1);
        assert!(matches!(lessor.renew(id(7), second(301)), Ok(Renewal::First(_))));
    });
}

#[test]
fn a_lease_that_is_gone_or_over_is_left_out() {
    check(|| {
        let mut lessor = primary(at(0));
        for number in [7, 8, 9] {
            grant(&mut lessor, number, 301, at(0));
        }
        revoke(&mut lessor, 8);
        assert_eq!(rests(&mut lessor, second(301)), NO_RESTS, "over: its revocation is on its way");
        assert_eq!(over(&mut lessor, second(301)), [7, 9]);
        assert_eq!(rests(&mut lessor, second(10_000)), NO_RESTS);
        let rows = lessor.checkpoint(&[rest(8, Some(1)), rest(10, None)], Keep::Row, at(0));
        assert_eq!(rows, [], "an entry may come after the lease has gone");
    });
}

#[test]
fn a_lease_with_all_of_its_time_is_left_out_until_the_next_time() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 1_000, at(0));
        assert_eq!(lessor.renew(id(7), second(300)), renewed(1_000));
        assert_eq!(rests(&mut lessor, second(300)), NO_RESTS, "1000 of 1000 s is no news");
        assert_eq!(rests(&mut lessor, second(600)), [(7, 700)]);
    });
}

#[test]
fn a_rest_with_an_election_on_top_is_left_out_as_well() {
    check(|| {
        let options = Options { election_timeout: std::time::Duration::from_secs(400), ..OPTIONS };
        let mut lessor = load(options, &Rows::new());
        grant(&mut lessor, 7, 1_000, at(0));
        lessor.promote(Reign(1), at(0));
        assert_eq!(rests(&mut lessor, second(300)), NO_RESTS, "1100 s are left");
        assert_eq!(rests(&mut lessor, second(600)), [(7, 800)]);
    });
}

#[test]
fn a_renewal_has_the_rest_taken_back_first() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 1_000, at(0));
        assert_eq!(write_down(&mut lessor, 300), [(7, 700)]);
        let back = Decided { reign: Reign(1), what: vec![rest(7, None)] };
        assert_eq!(lessor.renew(id(7), second(310)), Ok(Renewal::First(back.clone())));
        assert_eq!(left(&lessor, 7, second(310)), 690, "not renewed yet");
        let rows = lessor.checkpoint(&back.what, Keep::Row, second(311));
        assert_eq!(rows.len(), 1);
        assert_eq!(lessor.renew(id(7), second(312)), renewed(1_000));
        assert_eq!(left(&lessor, 7, second(312)), 1_000);
        lessor.promote(Reign(2), second(320));
        assert_eq!(left(&lessor, 7, second(320)), 1_001, "the next primary keeps the promise");
    });
}

#[test]
fn a_rest_that_is_on_its_way_is_taken_back_too() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 1_000, at(0));
        let decided = lessor.checkpoints(second(300)).expect("it is due");
        // It is proposed, and a client renews before it is carried out.
        let Ok(Renewal::First(back)) = lessor.renew(id(7), second(301)) else {
            panic!("the next primary would begin with 700 s, after the client was told 1000")
        };
        let _ = lessor.checkpoint(&decided.what, Keep::Row, second(302));
        assert!(matches!(lessor.renew(id(7), second(302)), Ok(Renewal::First(_))));
        let _ = lessor.checkpoint(&back.what, Keep::Row, second(303));
        assert_eq!(lessor.renew(id(7), second(304)), renewed(1_000));
        lessor.promote(Reign(2), second(310));
        assert_eq!(left(&lessor, 7, second(310)), 1_001);
    });
}

#[test]
fn a_rest_that_was_lost_stands_in_nobodys_way() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 1_000, at(0));
        drop(lessor.checkpoints(second(300)).expect("it is due"));
        let Ok(Renewal::First(back)) = lessor.renew(id(7), second(310)) else {
            panic!("see above")
        };
        let _ = lessor.checkpoint(&back.what, Keep::Row, second(311));
        assert_eq!(lessor.renew(id(7), second(311)), renewed(1_000));
        // And where nobody renews, it is written down the next time.
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 1_000, at(0));
        assert_eq!(rests(&mut lessor, second(300)), [(7, 700)]);
        assert_eq!(rests(&mut lessor, second(600)), [(7, 400)]);
    });
}

#[test]
fn no_rest_is_written_down_while_one_is_taken_back() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 1_000, at(0));
        assert_eq!(write_down(&mut lessor, 300), [(7, 700)]);
        // The next one is due a moment after a client renews. In the log, it would stand behind
        // what takes the first one back.
        let Ok(Renewal::First(back)) = lessor.renew(id(7), at(599_999)) else {
            panic!("see above")
        };
        assert_eq!(rests(&mut lessor, second(600)), NO_RESTS);
        let _ = lessor.checkpoint(&back.what, Keep::Row, second(601));
        assert_eq!(lessor.renew(id(7), second(601)), renewed(1_000));
        assert_eq!(rests(&mut lessor, second(900)), NO_RESTS);
        assert_eq!(rests(&mut lessor, second(901)), [(7, 700)]);
    });
}

#[test]
fn a_lease_that_is_over_waits_and_takes_nothing_back() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 400, at(0));
        assert_eq!(write_down(&mut lessor, 300), [(7, 100)]);
        assert_eq!(lessor.renew(id(7), second(400)), Ok(Renewal::Wait));
        revoke(&mut lessor, 7);
        assert_eq!(lessor.renew(id(7), second(401)), Err(Error::LeaseNotFound));
    });
}

#[test]
fn a_primary_notes_what_it_finds() {
    check(|| {
        let mut lessor = primary(at(0));
        for (number, seconds) in [(1, 1_000), (2, 1_000), (3, 300)] {
            grant(&mut lessor, number, seconds, at(0));
        }
        let _ = lessor.checkpoint(&[rest(2, Some(300))], Keep::Row, second(700));
        lessor.demote();
        lessor.promote(Reign(2), second(700));
        assert_eq!(rests(&mut lessor, at(999_999)), NO_RESTS);
        assert_eq!(rests(&mut lessor, second(1_000)), [(1, 701)], "of 2 and 3, 300 s were left");
    });
}

#[test]
fn no_rest_overtakes_one_that_is_taken_back_however_long_that_takes() {
    check(|| {
        let mut lessor = primary(second(0));
        grant(&mut lessor, 7, 1_000, second(0));
        let first = lessor.checkpoints(second(300)).expect("it is due");
        let Ok(Renewal::First(back)) = lessor.renew(id(7), second(310)) else {
            panic!("see above")
        };
        // Nothing is carried out for longer than the interval: all members stood still.
        let next = lessor.checkpoints(second(620));
        for decided in [first, back] {
            let _ = lessor.checkpoint(&decided.what, Keep::Row, second(621));
        }
        assert_eq!(lessor.renew(id(7), second(622)), renewed(1_000));
        if let Some(decided) = next {
            let _ = lessor.checkpoint(&decided.what, Keep::Row, second(623));
        }
        lessor.promote(Reign(2), second(624));
        assert_eq!(left(&lessor, 7, second(624)), 1_001, "the client was told 1000");
        // And then rests are written down again.
        assert_eq!(rests(&mut lessor, second(924)), [(7, 701)]);
    });
}
