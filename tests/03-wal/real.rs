//! Real files: a log that is written, closed and opened, and a process that is killed.
//!
//! The process is this very program, which is started again and told to be the child. Between two
//! lines of output it appends and syncs, and a line says what is synced by then. It is killed in
//! the middle, a hundred times, and each time the log must hold all that it had said.

use crate::memory::OURS;
use crate::payload::Op;
use crate::story::{first, save};
use basics::{Index, NodeId, Position, Term};
use election::HardState;
use harness::{Draws, check};
use replication::{Entry, Log, Span, Write};
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use wal::{Folder, Options, Recovered, Wal, prepare_spare};

/// Where the child has its log, for the child to know that it is one.
const CHILD: &str = "WORKBOOK_LOG_OF_THE_CHILD";

/// The name of the test, for the child to be started with.
const TEST: &str = "real::a_process_that_is_killed_a_hundred_times";

/// Segments of 16 KiB, so that many end.
const OPTIONS: Options = Options { segment_bytes: 16 << 10 };

/// A directory on the disk that the tests are built on. What is elsewhere may be memory.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room for a folder")
}

#[test]
fn what_was_synced_is_there_when_it_is_opened() {
    check(|| {
        let folder = folder();
        let mut known = first();
        let mut draws = Draws::new(3);
        let directory = Folder::lock(folder.path()).expect("nobody has it");
        let wal = Wal::create(directory, OURS, OPTIONS, known.hard_state, known.log.prev);
        let mut wal = wal.expect("an empty directory");
        for round in 0..30 {
            let write = save(&known, known.log.prev.index, &mut draws, 3_000);
            wal.add(&write).expect("nothing has failed");
            wal.sync().expect("the disk works");
            known = known.after(&write);
            if round % 10 == 9 {
                drop(wal);
                let directory = Folder::lock(folder.path()).expect("nobody has it");
                let opened = Wal::open::<Op>(directory, OURS, OPTIONS);
                let (again, recovered) = opened.expect("nothing was lost");
                assert!(known.is(&recovered, Index(0)));
                assert_eq!(recovered.torn, None);
                wal = again;
            }
        }
    });
}

#[test]
fn a_process_that_is_killed_a_hundred_times() {
    if let Some(place) = std::env::var_os(CHILD) {
        append_for_ever(Path::new(&place));
    }
    check(|| {
        let folder = folder();
        let mut draws = Draws::new(1);
        let (mut said, mut restarts, mut synced) = (None, 0, 0);
        for round in 0..100 {
            let lines = run(folder.path(), draws.index(12));
            synced += lines.len();
            // The first line says what the child has found.
            restarts += usize::from(!lines.is_empty());
            said = lines.last().cloned().or(said);
            let Some(said) = &said else { continue };
            let directory = Folder::lock(folder.path()).expect("the system has let go of it");
            let (_, recovered) = Wal::open::<Op>(directory, OURS, OPTIONS)
                .unwrap_or_else(|error| panic!("round {round}: {error}"));
            holds(&recovered, said, round);
        }
        harness::note(format!("{synced} batches synced in {restarts} processes that were killed"));
        assert!(restarts > 90, "{restarts} of 100 processes came to write anything");
    });
}

/// What the child says: the term, the vote and the last entry that are synced.
type Said = (u64, u64, u64);

/// Starts a child, kills it after so many lines, and returns all lines that it has said.
fn run(place: &Path, count: usize) -> Vec<Said> {
    let program = std::env::current_exe().expect("this is a program");
    let mut child: Child = Command::new(program)
        .args([TEST, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, place)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be started again");
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut killed = false;
    loop {
        if !killed && lines.len() > count {
            child.kill().expect("it is ours");
            killed = true;
        }
        line.clear();
        // What it said before it was killed is in the pipe, and counts.
        if output.read_line(&mut line).expect("a pipe") == 0 {
            break;
        }
        lines.extend(parse(&line));
    }
    child.kill().expect("it is ours");
    child.wait().expect("it is ours");
    lines
}

/// What a line of the child says; none if it is the test program's own, or was cut off.
fn parse(line: &str) -> Option<Said> {
    let numbers = line.strip_prefix("synced ")?.strip_suffix(" .\n")?;
    let mut numbers = numbers.split(' ').map(|number| number.parse().expect("a number"));
    Some((numbers.next()?, numbers.next()?, numbers.next()?))
}

/// Does the log hold what was said? Each entry says its term and index by what it carries.
fn holds(recovered: &Recovered<Op>, said: &Said, round: usize) {
    let (term, vote, last) = *said;
    let HardState { term: found, vote: for_whom } = recovered.hard_state;
    assert!(found.0 >= term, "round {round}: {found} came back, and t{term} was said");
    if found.0 == term {
        assert_eq!(for_whom, Some(NodeId(vote)), "round {round}: the vote");
    }
    let log: &Log<Op> = &recovered.log;
    assert!(log.last().index.0 >= last, "round {round}: {} came back of {last}", log.last());
    for index in (log.start().index.0 + 1..=log.last().index.0).map(Index) {
        let entry = log.get(index).expect("it is in the log");
        assert_eq!(entry.payload, Some(payload(index)), "round {round}: entry {index}");
    }
}

fn payload(index: Index) -> Op {
    Op::new(index.0, 1 + usize::try_from(index.0 * 37 % 900).expect("a small number"))
}

/// The child: it appends until it is killed.
fn append_for_ever(place: &Path) -> ! {
    let directory = Folder::lock(place).expect("the one before is dead");
    let start = Position { term: Term(1), index: Index(1) };
    let first = HardState { term: Term(1), vote: Some(NodeId(2)) };
    let (mut wal, mut hard_state, mut last) =
        match Wal::open::<Op>(directory.clone(), OURS, OPTIONS) {
            Ok((wal, found)) => (wal, found.hard_state, found.log.last()),
            Err(wal::Error::Nothing { .. }) => {
                let wal = Wal::create(directory.clone(), OURS, OPTIONS, first, start);
                (wal.expect("an empty directory"), first, start)
            }
            Err(error) => panic!("{error}"),
        };
    // Spares are made beside the writing, as in a server.
    std::thread::spawn(move || {
        loop {
            prepare_spare(&directory, OPTIONS).expect("there is room");
            std::thread::yield_now();
        }
    });
    let mut output = std::io::stdout();
    loop {
        let vote = hard_state.vote.map_or(0, |vote| vote.0);
        let line = format!("synced {} {vote} {} .\n", hard_state.term.0, last.index.0);
        output.write_all(line.as_bytes()).and_then(|()| output.flush()).expect("somebody reads");
        let term = Term(hard_state.term.0 + u64::from(last.index.0 % 5 == 0));
        hard_state = HardState { term, vote: Some(NodeId(1 + term.0 % 3)) };
        let count = 1 + last.index.0 % 3;
        let entry = |index: u64| Entry { term, payload: Some(payload(Index(index))) };
        let entries = (last.index.0 + 1..=last.index.0 + count).map(entry).collect();
        let span = Span { prev: last, entries };
        last = span.last();
        let write = Write { hard_state: Some(hard_state), begins: None, entries: Some(span) };
        wal.add(&write).expect("nothing has failed");
        wal.sync().expect("the disk works");
        wal.release(Index(last.index.0.saturating_sub(50))).expect("the disk works");
    }
}
