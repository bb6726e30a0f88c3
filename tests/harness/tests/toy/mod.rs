//! A small machine to test the harness with: nodes that elect a leader by numbered rounds, right or
//! with a planted bug.

#![allow(dead_code, reason = "no test uses all of it")]

use harness::report::{Trace, Verdict};
use harness::{Action, Cluster, Effects, Input, Machine, Property, Violation, verdict_of};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Bug {
    #[default]
    None,
    /// It gives its vote before the disk has it.
    SendsFirst,
    /// It never votes.
    Stubborn,
    /// Every message brings two.
    Chatty,
    /// It has a generator of its own.
    Secretive,
    /// It panics when it hears a leader.
    Brittle,
    /// Its vote is not written yet.
    Hole,
    /// It prints what it does.
    Loud,
    /// Once it was down, it never votes again.
    Sulky,
    /// It leads when all have voted for it, not before.
    Unanimous,
    /// No bug: it writes down every leader that it gets, when it finds the time.
    Busy,
    /// The same, and it cannot do so while it leads.
    Rash,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Say {
    Ask(u64),
    Yes(u64),
    Lead(u64),
}

/// A round and a vote, and the message that waits for them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Save {
    kept: (u64, Option<usize>),
    after: Vec<(usize, Say)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Toy {
    bug: Bug,
    me: usize,
    size: usize,
    kept: (u64, Option<usize>),
    yes: BTreeSet<usize>,
    leads: bool,
    leader: Option<usize>,
    waited: u64,
    patience: u64,
    sulks: bool,
    /// Leaders that are not written down yet.
    backlog: u64,
}

impl Toy {
    pub fn leader(&self) -> (u64, Option<usize>) {
        (self.kept.0, self.leader)
    }

    pub fn backlog(&self) -> u64 {
        self.backlog
    }

    fn follow(&mut self, leader: usize) {
        let writes = self.bug == Bug::Busy || self.bug == Bug::Rash;
        self.backlog += u64::from(writes && self.leader != Some(leader));
        (self.leads, self.leader) = (leader == self.me, Some(leader));
    }

    fn others(&self, say: &Say) -> Vec<(usize, Say)> {
        (0..self.size).filter(|node| *node != self.me).map(|node| (node, say.clone())).collect()
    }

    fn enter(&mut self, round: u64, vote: Option<usize>) {
        self.kept = (round, vote);
        self.yes.clear();
        (self.leads, self.leader) = (false, None);
    }

    fn hear(&mut self, from: usize, say: &Say, effects: &mut Effects<Toy>) {
        let (Say::Ask(round) | Say::Yes(round) | Say::Lead(round)) = *say;
        if round < self.kept.0 {
            return;
        }
        if round > self.kept.0 {
            self.enter(round, None);
        }
        match say {
            Say::Ask(_) if self.bug == Bug::Hole => todo!("exercise 0.1: vote"),
            Say::Ask(_) if self.bug == Bug::Stubborn || self.sulks => {}
            Say::Ask(_) if self.kept.1.is_none_or(|vote| vote == from) => {
                self.kept.1 = Some(from);
                self.waited = 0;
                let answer = vec![(from, Say::Yes(round))];
                if self.bug == Bug::SendsFirst {
                    effects.now.extend(answer);
                    effects.save = Some(Save { kept: self.kept, after: Vec::new() });
                } else {
                    effects.save = Some(Save { kept: self.kept, after: answer });
                }
            }
            Say::Ask(_) => {}
            Say::Yes(_) => {
                self.yes.insert(from);
                let all = self.bug != Bug::Unanimous || self.yes.len() == self.size;
                if !self.leads && 2 * self.yes.len() > self.size && all {
                    self.follow(self.me);
                    effects.now.extend(self.others(&Say::Lead(round)));
                }
            }
            Say::Lead(_) => {
                assert!(self.bug != Bug::Brittle, "a leader, here?");
                self.follow(from);
                self.waited = 0;
                if self.bug == Bug::Chatty {
                    effects.now.extend([(from, Say::Lead(round)), (from, Say::Lead(round))]);
                }
            }
        }
    }
}

impl Machine for Toy {
    type Setup = (Bug, usize);
    type Message = Say;
    type Save = Save;
    type Disk = (u64, Option<usize>);

    fn blank(_: &(Bug, usize), _: usize) -> (u64, Option<usize>) {
        (0, None)
    }

    fn start(setup: &(Bug, usize), node: usize, disk: &(u64, Option<usize>), draw: u64) -> Toy {
        Toy {
            bug: setup.0,
            me: node,
            size: setup.1,
            kept: *disk,
            yes: BTreeSet::new(),
            leads: false,
            leader: None,
            waited: 0,
            patience: 10 + draw % 10,
            sulks: setup.0 == Bug::Sulky && disk.0 > 0,
            backlog: 0,
        }
    }

    fn step(&mut self, input: Input<Toy>, draw: u64) -> Effects<Toy> {
        let mut effects = Effects::default();
        if self.bug == Bug::Loud {
            #[expect(clippy::print_stdout, reason = "a learner would")]
            {
                println!("{} sees {input:?}", self.me);
            }
        }
        let times_out = match &input {
            Input::Tick => {
                self.waited += 1;
                !self.leads && self.waited >= self.patience
            }
            Input::Timeout => !self.leads,
            Input::Message { .. } | Input::Synced(_) | Input::Work | Input::Command(_) => false,
        };
        match input {
            Input::Tick if self.leads => {
                effects.now.extend(self.others(&Say::Lead(self.kept.0)));
            }
            Input::Tick | Input::Timeout | Input::Command(_) => {}
            Input::Work => {
                assert!(self.bug != Bug::Rash || !self.leads, "too much to do");
                self.backlog -= 1;
            }
            Input::Message { from, message } => self.hear(from, &message, &mut effects),
            Input::Synced(save) => {
                effects.now.extend(save.after);
                if save.kept == (self.kept.0, Some(self.me)) && self.kept.1 == Some(self.me) {
                    let round = self.kept.0;
                    self.hear(self.me, &Say::Yes(round), &mut effects);
                }
            }
        }
        if times_out {
            let secret = u64::from(std::time::SystemTime::now() > std::time::UNIX_EPOCH);
            self.enter(self.kept.0 + 1, Some(self.me));
            (self.waited, self.patience) = (0, 10 + draw % 10);
            if self.bug == Bug::Secretive {
                let now = std::time::Instant::now();
                let noise = format!("{now:?}").bytes().map(u64::from).sum::<u64>();
                self.patience = 10 + (noise * secret) % 10;
            }
            let after = self.others(&Say::Ask(self.kept.0));
            effects.save = Some(Save { kept: self.kept, after });
        }
        effects
    }

    fn write(disk: &mut (u64, Option<usize>), save: &Save) {
        *disk = save.kept;
    }

    fn waiting(save: &Save) -> Vec<(usize, Say)> {
        save.after.clone()
    }

    fn label(message: &Say) -> String {
        match message {
            Say::Ask(round) => format!("vote? r{round}"),
            Say::Yes(round) => format!("yes r{round}"),
            Say::Lead(round) => format!("I lead r{round}"),
        }
    }

    fn has_work(&self) -> bool {
        self.backlog > 0
    }

    fn status(&self) -> String {
        let role = if self.leads { "leads" } else { "waits" };
        format!("{role} r{}", self.kept.0)
    }

    fn fields(&self) -> Vec<(String, String)> {
        let vote = self.kept.1.map_or("-".to_owned(), |node| format!("n{}", node + 1));
        let mut fields = vec![("status".to_owned(), self.status()), ("vote".to_owned(), vote)];
        if self.backlog > 0 {
            fields.push(("to do".to_owned(), self.backlog.to_string()));
        }
        fields
    }
}

/// No round has two leaders.
#[derive(Default)]
pub struct OneLeader(BTreeMap<u64, usize>);

impl Property<Toy> for OneLeader {
    fn after(&mut self, cluster: &Cluster<Toy>, _: &Action) -> Result<(), Violation> {
        for node in 0..cluster.size() {
            let Some(toy) = cluster.machine(node).filter(|toy| toy.leads) else { continue };
            let other = *self.0.entry(toy.kept.0).or_insert(node);
            if other != node {
                let text = format!("n{} and n{} lead r{}", other + 1, node + 1, toy.kept.0);
                return Err(Violation::new("One Leader", text));
            }
        }
        Ok(())
    }
}

/// All that live follow one leader.
pub fn settled(cluster: &Cluster<Toy>) -> bool {
    let views: BTreeSet<_> =
        cluster.living().map(|node| cluster.machine(node).map(Toy::leader)).collect();
    matches!(views.first(), Some(Some((_, Some(_))))) && views.len() == 1
}

/// n1 leads, n2 crashes and forgets, and n3 leads the same round.
pub fn two_leaders() -> Trace {
    let verdict = verdict_of(|| {
        let mut cluster = Cluster::<Toy>::new((Bug::SendsFirst, 3), 3);
        cluster.tick(0, 3);
        cluster.timeout(0);
        cluster.sync(0);
        cluster.deliver_between(0, 1);
        cluster.deliver_between(1, 0);
        cluster.crash(1);
        cluster.restart(1);
        cluster.timeout(2);
        cluster.sync(2);
        cluster.deliver_between(2, 1);
        cluster.deliver_between(1, 2);
        panic!("n1 and n3 lead r1");
    });
    let Verdict::Wrong(failure) = verdict else { panic!("{verdict:?}") };
    failure.trace.expect("a cluster was at work")
}
