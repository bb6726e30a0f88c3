//! The checker of histories: it finds what is planted, believes what is strange but fine, and
//! agrees with a search of all orders.

use harness::history::{Answer, History, Judgement, Request};

/// One line of a history: a client asks or is told. The register is 0.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// A command that reads.
    Read(u64),
    /// A command that writes this.
    Write(u64, u64),
    Told(u64, Answer),
}

use Answer::{Done, Found, Refused};
use Line::{Read, Told, Write};

fn history(lines: &[Line]) -> History {
    let mut history = History::default();
    for line in lines {
        match *line {
            Read(command) => history.ask(command, Request::Read { register: 0 }),
            Write(command, value) => history.ask(command, Request::Write { register: 0, value }),
            Told(command, answer) => history.answer(command, answer),
        }
    }
    history
}

fn fine(lines: &[Line]) {
    assert_eq!(history(lines).check(), Judgement::Explained, "{lines:?}");
}

/// The history is contradicted, and first by the answer to this command.
fn contradicted(lines: &[Line], command: u64) {
    match history(lines).check() {
        Judgement::Contradicted(found) => assert_eq!(found.command, command, "{found:?}"),
        other @ (Judgement::Explained | Judgement::Undecided) => panic!("{lines:?} is {other:?}"),
    }
}

#[test]
fn a_write_that_was_acknowledged_and_lost() {
    contradicted(&[Write(1, 10), Told(1, Done), Read(2), Told(2, Found(None))], 2);
    let chain = [Write(1, 10), Told(1, Found(None)), Write(2, 20), Told(2, Found(None))];
    contradicted(&chain, 2);
}

#[test]
fn a_stale_read() {
    let first = [Write(1, 10), Told(1, Done), Write(2, 20), Told(2, Done)];
    contradicted(&[&first[..], &[Read(3), Told(3, Found(Some(10)))]].concat(), 3);
    // One client has seen the new value, and a later one sees the old.
    let start = [Write(1, 10), Told(1, Done), Write(2, 20), Read(3), Told(3, Found(Some(20)))];
    contradicted(&[&start[..], &[Read(4), Told(4, Found(Some(10)))]].concat(), 4);
}

#[test]
fn a_write_that_takes_effect_twice() {
    let lines = [
        Write(1, 10),
        Told(1, Done),
        Write(2, 20),
        Told(2, Done),
        Read(3),
        Told(3, Found(Some(20))),
        Read(4),
        Told(4, Found(Some(10))),
    ];
    contradicted(&lines, 4);
    // The same without a read: two writes cannot both have come right after the first.
    let lines = [
        Write(1, 10),
        Told(1, Found(None)),
        Write(2, 20),
        Told(2, Found(Some(10))),
        Write(3, 30),
        Told(3, Found(Some(10))),
    ];
    contradicted(&lines, 3);
}

#[test]
fn a_value_that_nobody_wrote() {
    contradicted(&[Read(1), Told(1, Found(Some(7)))], 1);
    contradicted(&[Read(1), Told(1, Found(Some(7))), Write(2, 7), Told(2, Done)], 1);
    // What was refused was not written either, whoever says so first.
    contradicted(&[Write(1, 7), Told(1, Refused), Read(2), Told(2, Found(Some(7)))], 2);
    contradicted(&[Write(1, 7), Read(2), Told(2, Found(Some(7))), Told(1, Refused)], 1);
}

#[test]
fn an_answer_that_nobody_waited_for() {
    contradicted(&[Write(1, 10), Told(1, Done), Told(1, Done)], 1);
    contradicted(&[Told(5, Done)], 5);
}

#[test]
fn what_is_strange_but_fine() {
    fine(&[]);
    // A write without an answer shows late, or not at all.
    fine(&[Write(1, 10), Read(2), Told(2, Found(None))]);
    fine(&[
        Write(1, 10),
        Read(2),
        Told(2, Found(None)),
        Write(3, 30),
        Told(3, Done),
        Read(4),
        Told(4, Found(Some(10))),
    ]);
    // Two reads beside a write: the one that was asked later sees less.
    fine(&[
        Write(1, 10),
        Read(2),
        Read(3),
        Told(3, Found(None)),
        Told(2, Found(Some(10))),
        Told(1, Done),
    ]);
    // Writes that were under way together, in the other order.
    fine(&[
        Write(1, 10),
        Write(2, 20),
        Told(1, Found(Some(20))),
        Told(2, Found(None)),
        Read(3),
        Told(3, Found(Some(10))),
    ]);
    // The same value twice.
    fine(&[Write(1, 10), Told(1, Done), Write(2, 10), Told(2, Found(Some(10)))]);
    // Asked twice under one number, done twice.
    fine(&[Write(1, 10), Write(1, 10), Told(1, Found(None)), Told(1, Found(Some(10)))]);
}

#[test]
fn registers_do_not_mix() {
    let mut history = History::default();
    history.ask(1, Request::Write { register: 1, value: 10 });
    history.answer(1, Done);
    history.ask(2, Request::Read { register: 2 });
    history.answer(2, Found(None));
    assert_eq!(history.check(), Judgement::Explained);
    history.ask(3, Request::Read { register: 2 });
    history.answer(3, Found(Some(10)));
    assert!(matches!(history.check(), Judgement::Contradicted(_)));
}

#[test]
fn the_first_answer_that_nothing_explains_is_named() {
    let mut lines = Vec::new();
    for command in 1..=50 {
        lines.push(Write(command, command));
        let found = if command == 30 { 28 } else { command - 1 };
        lines.push(Told(command, Found((found > 0).then_some(found))));
    }
    contradicted(&lines, 30);
}

#[test]
fn a_long_history_is_cheap_and_a_hopeless_one_ends() {
    // Twenty clients at a time, each write found by the next, answered in another order.
    let mut lines = Vec::new();
    for block in 0..50 {
        let numbers: Vec<u64> = (1..=20).map(|at| 20 * block + at).collect();
        lines.extend(numbers.iter().map(|at| Write(*at, *at)));
        lines.extend(numbers.iter().rev().map(|at| Told(*at, Found((*at > 1).then_some(at - 1)))));
    }
    fine(&lines);
    // Forty writes at once that say nothing, and a read of what was never written: every order of
    // them would have to be tried.
    let mut lines: Vec<Line> = (1..=40).map(|at| Write(at, at)).collect();
    lines.extend((1..=40).map(|at| Told(at, Done)));
    lines.extend([Read(41), Told(41, Found(Some(99)))]);
    assert_eq!(history(&lines).check(), Judgement::Undecided);
}

/// A command of a small history, for the search of all orders.
#[derive(Clone, Copy)]
struct Small {
    write: Option<u64>,
    asked: usize,
    told: Option<(usize, Answer)>,
}

/// Is there an order? All of them are tried, with and without each command that has no answer.
fn has_order(left: &[Small], value: Option<u64>) -> bool {
    let must = |one: &Small| matches!(one.told, Some((_, Done | Found(_))));
    if !left.iter().any(must) {
        return true;
    }
    (0..left.len()).any(|at| {
        let one = left[at];
        let late = left.iter().any(
            |other| matches!(other.told, Some((moment, Done | Found(_))) if moment < one.asked),
        );
        let fits = match one.told {
            Some((_, Refused)) => false,
            Some((_, Found(found))) => found == value,
            Some((_, Done)) | None => true,
        };
        let mut rest = left.to_vec();
        rest.remove(at);
        !late && fits && has_order(&rest, one.write.or(value))
    })
}

/// Every history of up to so many lines: what may follow is asked by a new client, or told to one
/// who waits.
fn all(lines: &mut Vec<Line>, open: &mut Vec<Small>, left: usize, judged: &mut [usize; 2]) {
    let fine = has_order(open, None);
    let judgement = history(lines).check();
    assert_eq!(judgement == Judgement::Explained, fine, "{lines:?} is {judgement:?}");
    judged[usize::from(fine)] += 1;
    if left == 0 {
        return;
    }
    let (moment, command) = (lines.len() + 1, open.len() as u64 + 1);
    for write in [None, Some(1), Some(2)] {
        lines.push(write.map_or(Read(command), |value| Write(command, value)));
        open.push(Small { write, asked: moment, told: None });
        all(lines, open, left - 1, judged);
        open.pop();
        lines.pop();
    }
    for at in (0..open.len()).filter(|at| open[*at].told.is_none()).collect::<Vec<_>>() {
        for answer in [Done, Found(None), Found(Some(1)), Found(Some(2)), Refused] {
            lines.push(Told(at as u64 + 1, answer));
            open[at].told = Some((moment, answer));
            all(lines, open, left - 1, judged);
            open[at].told = None;
            lines.pop();
        }
    }
}

#[test]
fn it_agrees_with_a_search_of_all_orders() {
    let mut judged = [0; 2];
    all(&mut Vec::new(), &mut Vec::new(), 6, &mut judged);
    let [contradicted, fine] = judged;
    assert!(contradicted > 10_000 && fine > 10_000, "{contradicted} and {fine} histories");
}
