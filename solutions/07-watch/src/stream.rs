//! One client's stream: its watchers, and what it is to be told.
//!
//! Owns [`Stream`]: which numbers are taken, which watcher is next, and the few answers that wait
//! because a client asked for something. How many those may be is bounded, and a client that does
//! not fetch them is not listened to any more ([`Full`]).
//!
//! Left to others: where events come from (`serve`), and what an answer looks like (`answer`).

use crate::answer::Answer;
use crate::numbers::WatchId;
use crate::progress::Mark;
use crate::turns::Turns;
use crate::watcher::{Pace, Watcher};
use api::Revision;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// A stream has so many answers to fetch that no further request is taken. It is to be made again
/// when some are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// A stream.
///
/// Invariants:
/// - Every watcher with something to be told is in `live` or in `behind`, as its pace says, and no
///   other is.
/// - Nobody has asked without having been heard, unless there is a mark.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Those that have a number.
    pub watchers: BTreeMap<WatchId, Held>,
    /// No number below this one is chosen for a watcher any more.
    pub free: i64,
    /// Answers to requests, in order.
    pub control: VecDeque<Answer>,
    /// Who is to be told of what was just written, or how far it is.
    pub live: Turns<WatchId>,
    /// Who reads the past.
    pub behind: Turns<WatchId>,
    /// The last turn was one of those that read the past.
    pub was_behind: bool,
    /// How often the client has asked how far all are since `mark`, without having been heard.
    pub asked: usize,
    /// The request that was heard, and will be answered.
    pub mark: Option<Mark>,
    /// Somebody has it in hand, and will ask what it has to say.
    pub taken: bool,
    /// When those that want it are told next that nothing happened.
    pub due: Duration,
    /// How long after that again.
    pub every: Duration,
}

/// Whoever has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// A watcher.
    By(Box<Watcher>),
    /// A watcher that was ended by a compaction. Its number is taken until the client ends it too.
    Forgotten,
}

/// What a stream has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Nothing.
    Nothing,
    /// Something that is at hand.
    AtOnce,
    /// Something that must be read first.
    FromThePast,
}

impl Stream {
    /// Without a watcher.
    pub fn new(due: Duration, every: Duration) -> Stream {
        Stream {
            watchers: BTreeMap::new(),
            free: 0,
            control: VecDeque::new(),
            live: Turns::new(),
            behind: Turns::new(),
            was_behind: false,
            asked: 0,
            mark: None,
            taken: false,
            due,
            every,
        }
    }

    /// How many answers to requests wait.
    pub fn waiting(&self) -> usize {
        self.control.len() + self.asked + usize::from(self.mark.is_some())
    }

    /// The watcher with this number.
    pub fn watcher(&mut self, id: WatchId) -> Option<&mut Watcher> {
        match self.watchers.get_mut(&id)? {
            Held::By(watcher) => Some(watcher),
            Held::Forgotten => None,
        }
    }

    /// All that are watchers still.
    pub fn each(&mut self) -> impl Iterator<Item = (WatchId, &mut Watcher)> {
        self.watchers.iter_mut().filter_map(|(id, held)| match held {
            Held::By(watcher) => Some((*id, &mut **watcher)),
            Held::Forgotten => None,
        })
    }

    /// A number for a watcher whose client chose none: the first from `free` on that nobody has.
    pub fn choose(&self) -> WatchId {
        let mut id = WatchId(self.free);
        for taken in self.watchers.range(id..).map(|(taken, _)| *taken) {
            if taken != id {
                break;
            }
            id = WatchId(id.0.wrapping_add(1));
        }
        id
    }

    /// A watcher has changed: it stands where its pace says, if it has something to be told.
    pub fn place(&mut self, id: WatchId) {
        let place = self.watcher(id).map(|it| (it.pace, it.is_pending() || it.due));
        let (live, behind) = match place {
            Some((Pace::Live, wants)) => (wants, false),
            Some((Pace::Behind, wants)) => (false, wants),
            None => (false, false),
        };
        if live {
            self.live.add(id)
        } else {
            self.live.remove(id)
        }
        if behind {
            self.behind.add(id)
        } else {
            self.behind.remove(id)
        }
        let next = self.watcher(id).filter(|it| it.is_pending()).map(|it| it.next);
        if let Some(mark) = &mut self.mark {
            mark.passed(id, next);
        }
    }

    /// Whose turn it is. Those that are live and those that read the past take turns with each
    /// other, so that however many read, whoever is live waits for one of them.
    pub fn turn(&mut self) -> Option<WatchId> {
        let reads = match (self.live.is_empty(), self.behind.is_empty()) {
            (false, false) => !self.was_behind,
            (live_is_empty, _) => live_is_empty,
        };
        self.was_behind = reads;
        if reads { self.behind.turn() } else { self.live.turn() }
    }

    /// Is it sure of all of its watchers that nothing is missing, but for what is about to be
    /// handed out? Not without a watcher, and not as long as one was ended by a compaction and the
    /// client has not said that it knows.
    pub fn in_sync(&self, current: Revision, first: Revision) -> bool {
        let mut all = self.watchers.values();
        !self.watchers.is_empty()
            && all.all(|held| match held {
                Held::By(watcher) => watcher.in_sync(current, first),
                Held::Forgotten => false,
            })
    }

    /// The client asks how far all are. If all are in sync, it will be told, as soon as those are
    /// told what they are about to be told anyway.
    pub fn hear(&mut self, current: Revision, first: Revision) {
        if !self.in_sync(current, first) {
            return;
        }
        let mark = Mark::new(current, self.live.all().clone());
        if mark.is_passed() {
            self.control.push_back(Answer::progress(WatchId::NONE, current));
        } else {
            self.mark = Some(mark);
        }
    }

    /// It is time to tell those that wish so how far they are: if they are in sync, and were not
    /// told of an event since the last time.
    pub fn remind(&mut self, current: Revision, first: Revision) {
        let mut reminded = Vec::new();
        for (id, watcher) in self.each().filter(|(_, watcher)| watcher.wants.progress) {
            let was_told = std::mem::take(&mut watcher.told);
            if !was_told && watcher.in_sync(current, first) {
                watcher.due = true;
                reminded.push(id);
            }
        }
        reminded.into_iter().for_each(|id| self.place(id));
    }

    /// What it has to say.
    pub fn says(&self) -> Says {
        let is_passed = self.mark.as_ref().is_some_and(Mark::is_passed);
        if !self.control.is_empty() || !self.live.is_empty() || is_passed {
            Says::AtOnce
        } else if self.behind.is_empty() {
            Says::Nothing
        } else {
            Says::FromThePast
        }
    }
}
