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
use crate::turns::{Line, Lines};
use crate::watcher::Watcher;
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
/// - Every watcher with something to be told waits in `lines`, as its pace says, and no other does.
/// - Nobody has asked without having been heard, unless there is a mark.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Those that have a number.
    pub watchers: BTreeMap<WatchId, Held>,
    /// No number below this one is chosen for a watcher any more.
    pub free: i64,
    /// Answers to requests, in order.
    pub control: VecDeque<Answer>,
    /// Whose turn it is.
    pub lines: Lines<WatchId>,
    /// How often the client has asked how far all are since `mark`, without having been heard.
    pub asked: usize,
    /// The request that was heard, and will be answered.
    pub mark: Option<Mark>,
    /// Somebody has it in hand, and will ask what it has to say.
    pub taken: bool,
    /// Where it waits for its turn.
    pub stands: Option<Line>,
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

impl Stream {
    /// Without a watcher.
    pub fn new(due: Duration, every: Duration) -> Stream {
        Stream {
            watchers: BTreeMap::new(),
            free: 0,
            control: VecDeque::new(),
            lines: Lines::new(),
            asked: 0,
            mark: None,
            taken: false,
            stands: None,
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

    /// A watcher has changed: it waits where it has to.
    pub fn place(&mut self, id: WatchId) {
        let Some(Held::By(watcher)) = self.watchers.get_mut(&id) else { return };
        let line = watcher.line();
        self.lines.put(id, &mut watcher.stands, line);
        if let Some(mark) = &mut self.mark {
            mark.passed(id, watcher.is_pending().then_some(watcher.next));
        }
    }

    /// A watcher ends; something else may keep its number. The watcher, if it was one.
    pub fn end(&mut self, id: WatchId, held: Option<Held>) -> Option<Box<Watcher>> {
        let before = match held {
            Some(held) => self.watchers.insert(id, held),
            None => self.watchers.remove(&id),
        };
        let Some(Held::By(mut watcher)) = before else { return None };
        self.lines.put(id, &mut watcher.stands, None);
        if let Some(mark) = &mut self.mark {
            mark.passed(id, None);
        }
        Some(watcher)
    }

    /// Is it sure of all of its watchers that nothing is missing, but for what is about to be
    /// handed out? Not without a watcher, and not as long as one was ended by a compaction and the
    /// client has not said that it knows.
    pub fn in_sync(&self, current: Revision) -> bool {
        let mut all = self.watchers.values();
        !self.watchers.is_empty()
            && all.all(|held| match held {
                Held::By(watcher) => watcher.in_sync(current),
                Held::Forgotten => false,
            })
    }

    /// The client asks how far all are. If all are in sync, it will be told, as soon as those are
    /// told what they are about to be told anyway.
    pub fn hear(&mut self, current: Revision) {
        if !self.in_sync(current) {
            return;
        }
        let mark = Mark::new(current, self.lines.at_once().clone());
        if mark.is_passed() {
            self.control.push_back(Answer::progress(WatchId::NONE, current));
        } else {
            self.mark = Some(mark);
        }
    }

    /// It is time to tell those that wish so how far they are: if they are in sync, and were not
    /// told of an event since the last time.
    pub fn remind(&mut self, current: Revision) {
        let mut reminded = Vec::new();
        for (id, watcher) in self.each().filter(|(_, watcher)| watcher.wants.progress) {
            let was_told = std::mem::take(&mut watcher.told);
            if !was_told && watcher.in_sync(current) {
                watcher.due = true;
                reminded.push(id);
            }
        }
        reminded.into_iter().for_each(|id| self.place(id));
    }

    /// Where it has to wait, if it has something to say, and nobody has it in hand.
    pub fn line(&self) -> Option<Line> {
        let is_passed = self.mark.as_ref().is_some_and(Mark::is_passed);
        if self.taken {
            None
        } else if !self.control.is_empty() || is_passed || !self.lines.at_once().is_empty() {
            Some(Line::AtOnce)
        } else {
            (!self.lines.past().is_empty()).then_some(Line::FromThePast)
        }
    }
}
