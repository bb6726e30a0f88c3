//! Clients in simulated runs: what they are told is checked against what they asked.

use harness::history::{Answer, Request};
use harness::report::{Event, Failure, Verdict};
use harness::sim::{self, Fault, Plan, Summary};
use harness::{Action, Cluster, Effects, Input, Machine, Property, Violation, verdict_of};

/// How a clerk answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Manner {
    /// When the disk has it.
    Careful,
    /// At once, and what is not on disk may be lost.
    Hasty,
    /// It tells what it was asked, and not what it found.
    Absent,
    /// Twice.
    Eager,
}

/// n1 keeps a register; everybody else refuses. Nobody says anything to anybody.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Clerk {
    manner: Manner,
    keeps: bool,
    value: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Save {
    value: u64,
    answer: Vec<(u64, Answer)>,
}

impl Machine for Clerk {
    type Setup = Manner;
    type Message = ();
    type Save = Save;
    type Disk = Option<u64>;

    fn blank(_: &Manner, _: usize) -> Option<u64> {
        None
    }

    fn start(manner: &Manner, node: usize, disk: &Option<u64>, _: u64) -> Clerk {
        Clerk { manner: *manner, keeps: node == 0, value: *disk }
    }

    fn step(&mut self, input: Input<Clerk>, _: u64) -> Effects<Clerk> {
        let mut effects = Effects::default();
        match input {
            Input::Command(number) if !self.keeps => {
                effects.answers.push((number, Answer::Refused));
            }
            Input::Command(number) => {
                let found = if self.manner == Manner::Absent { Some(number) } else { self.value };
                let answer = vec![(number, Answer::Found(found))];
                self.value = Some(number);
                let (now, later) = match self.manner {
                    Manner::Careful | Manner::Absent => (Vec::new(), answer),
                    Manner::Hasty => (answer, Vec::new()),
                    Manner::Eager => (answer.clone(), answer),
                };
                effects.answers = now;
                effects.save = Some(Save { value: number, answer: later });
            }
            Input::Synced(save) => effects.answers = save.answer,
            Input::Tick | Input::Timeout | Input::Work | Input::Message { .. } => {}
        }
        effects
    }

    fn write(disk: &mut Option<u64>, save: &Save) {
        *disk = Some(save.value);
    }

    fn waiting(_: &Save) -> Vec<(usize, ())> {
        Vec::new()
    }

    fn label((): &()) -> String {
        "nothing".to_owned()
    }

    fn wish(command: u64) -> String {
        format!("write {command}")
    }

    fn request(command: u64) -> Option<Request> {
        Some(Request::Write { register: 0, value: command })
    }

    fn has_done(&self, command: u64) -> bool {
        !self.keeps || self.value == Some(command)
    }

    fn status(&self) -> String {
        self.value.map_or("empty".to_owned(), |value| format!("holds {value}"))
    }

    fn fields(&self) -> Vec<(String, String)> {
        vec![("status".to_owned(), self.status())]
    }
}

/// Nothing is asked of the nodes themselves.
struct Anything;

impl Property<Clerk> for Anything {
    fn after(&mut self, _: &Cluster<Clerk>, _: &Action) -> Result<(), Violation> {
        Ok(())
    }
}

fn simulate(manner: Manner, runs: u64) -> Summary {
    let plan = Plan {
        nodes: 1..=3,
        runs,
        storm: 150,
        faults: vec![Fault::Crash, Fault::SlowDisk, Fault::Pause],
        commands: 3,
        calm: 200,
        steady: 10,
        goal: "a clerk".to_owned(),
    };
    sim::run::<Clerk, Anything>(&plan, |_, _| manner, || Anything, |_: &Cluster<Clerk>| true)
}

fn failure(manner: Manner) -> Failure {
    match verdict_of(|| drop(simulate(manner, 200))) {
        Verdict::Wrong(failure) => failure,
        other => panic!("{manner:?} was not found: {other:?}"),
    }
}

#[test]
fn who_answers_when_it_is_saved_is_believed() {
    let summary = simulate(Manner::Careful, 500);
    assert!(summary.answers > 10_000, "{} answers", summary.answers);
    assert_eq!(summary.undecided, 0);
}

#[test]
fn an_answer_that_was_not_saved_is_found_and_shrunk() {
    let failure = failure(Manner::Hasty);
    assert_eq!(failure.invariant.as_deref(), Some("Linearizability"));
    let trace = failure.trace.expect("a run was under way");
    let events: Vec<&Event> = trace.steps.iter().map(|step| &step.event).collect();
    let [Event::Start, write, Event::Crash, Event::Restart, lost] = events[..] else {
        panic!("a write, a crash, and a write that finds nothing: {events:?}");
    };
    for event in [write, lost] {
        assert!(matches!(event, Event::Command { .. }), "{event:?}");
    }
    let answers: Vec<&String> = trace.steps.iter().flat_map(|step| &step.answers).collect();
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert!(answers[1].ends_with(": found nothing"), "{answers:?}");
    let message = failure.message;
    assert!(message.contains("was answered: found nothing. No order"), "{message}");
    assert!(message.ends_with(&format!("Clients were told before: {}", answers[0])), "{message}");
    let drawn = harness::draw::terminal(&trace_of(Manner::Hasty), 60, false);
    assert!(drawn.contains("found nothing"), "\n{drawn}");
}

fn trace_of(manner: Manner) -> harness::report::Trace {
    failure(manner).trace.expect("a run was under way")
}

#[test]
fn an_answer_that_was_made_up_is_found() {
    let failure = failure(Manner::Absent);
    assert_eq!(failure.invariant.as_deref(), Some("Linearizability"));
    assert_eq!(failure.trace.map(|trace| trace.nodes.len()), Some(1));
}

#[test]
fn a_second_answer_is_found() {
    let failure = failure(Manner::Eager);
    assert_eq!(failure.invariant.as_deref(), Some("Linearizability"));
    assert!(failure.message.ends_with("no client waited for that"), "{}", failure.message);
}
