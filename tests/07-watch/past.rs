//! A store as one would write it first: every event and every state that there was.
//!
//! Owns [`Past`]: it is the history that a hub reads, and the whole truth that tests compare with.
//! It looks at what it is asked, too: nobody may ask it for what is gone or still to come.

use api::event::EventType;
use api::{Event, KeyValue, Revision};
use bytes::Bytes;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use watch::{History, Size, Slice, weight};

/// Everything that ever happened.
#[derive(Clone, Debug)]
pub struct Past {
    /// The events of revision `n` at place `n`; the first one has none.
    pub events: Vec<Arc<[Event]>>,
    /// The state at revision `n` at place `n`.
    states: Vec<Arc<BTreeMap<Bytes, KeyValue>>>,
    pub compacted: Option<Revision>,
    /// How often it was asked for events, and for a pair.
    pub asked: Cell<(usize, usize)>,
    /// Does the disk fail?
    pub fails: bool,
}

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Put(&'static str, Bytes),
    Delete(&'static str),
}

impl Past {
    /// A store at its first revision.
    pub fn new() -> Past {
        let states = vec![Arc::default(); 2];
        let asked = Cell::default();
        Past { events: vec![[].into(); 2], states, compacted: None, asked, fails: false }
    }

    /// The newest revision.
    pub fn newest(&self) -> Revision {
        Revision(self.events.len() as u64 - 1)
    }

    /// All keys that are there.
    pub fn state(&self) -> &BTreeMap<Bytes, KeyValue> {
        self.states.last().expect("there is the first")
    }

    /// Carries these out, at one revision. If none changes anything, there is no revision.
    pub fn write(&mut self, changes: &[Change]) -> Option<Revision> {
        let at = self.newest().next();
        let mut state = BTreeMap::clone(self.state());
        let mut events = Vec::new();
        for change in changes {
            let (what, kv) = match change {
                Change::Put(key, value) => {
                    let key = Bytes::from_static(key.as_bytes());
                    let old = state.get(&key);
                    let kv = KeyValue {
                        create_revision: old.map_or(at.wire(), |old| old.create_revision),
                        mod_revision: at.wire(),
                        version: old.map_or(1, |old| old.version + 1),
                        value: value.clone(),
                        lease: 0,
                        key: key.clone(),
                    };
                    state.insert(key, kv.clone());
                    (EventType::Put, kv)
                }
                Change::Delete(key) => {
                    let key = Bytes::from_static(key.as_bytes());
                    if state.remove(&key).is_none() {
                        continue;
                    }
                    let mod_revision = at.wire();
                    (EventType::Delete, KeyValue { key, mod_revision, ..KeyValue::default() })
                }
            };
            events.push(Event { r#type: what as i32, kv: Some(kv), prev_kv: None });
        }
        if events.is_empty() {
            return None;
        }
        self.events.push(events.into());
        self.states.push(state.into());
        Some(at)
    }

    /// The events of a revision.
    pub fn of(&self, revision: Revision) -> &Arc<[Event]> {
        &self.events[usize::try_from(revision.0).expect("few")]
    }

    /// A pair as it was, whether that is gone or not.
    pub fn was(&self, key: &[u8], at: Revision) -> Option<KeyValue> {
        self.states[usize::try_from(at.0).expect("few")].get(key).cloned()
    }

    /// What an event has before it, as one who looks now sees it.
    pub fn before(&self, event: &Event) -> Option<KeyValue> {
        let kv = event.kv.as_ref().expect("it has one");
        let before = Revision(kv.mod_revision.unsigned_abs() - 1);
        let is_gone = self.compacted.is_some_and(|compacted| before < compacted);
        if is_gone { None } else { self.was(&kv.key, before) }
    }
}

/// The disk has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl History for Past {
    type Error = Broken;

    fn current(&self) -> Revision {
        self.newest()
    }

    fn compacted(&self) -> Option<Revision> {
        self.compacted
    }

    fn events(&self, from: Revision, to: Revision, size: Size) -> Result<Slice, Broken> {
        if self.fails {
            return Err(Broken);
        }
        assert!(self.compacted.is_none_or(|compacted| compacted <= from), "{from} is gone");
        assert!(from <= to && to <= self.newest(), "{from} to {to} is not there");
        let (events, pairs) = self.asked.get();
        self.asked.set((events + 1, pairs));
        let mut slice = Slice { events: Vec::new(), upto: from };
        let mut bytes = 0;
        for revision in from.0..=to.0 {
            if revision > from.0 && (revision - from.0 >= size.revisions || bytes >= size.bytes) {
                break;
            }
            let events = self.of(Revision(revision));
            bytes += events.iter().map(weight).sum::<usize>();
            slice.events.extend(events.iter().cloned());
            slice.upto = Revision(revision);
        }
        Ok(slice)
    }

    fn pair(&self, key: &Bytes, at: Revision) -> Result<Option<KeyValue>, Broken> {
        if self.fails {
            return Err(Broken);
        }
        assert!(self.compacted.is_none_or(|compacted| compacted <= at), "{at} is gone");
        assert!(at <= self.newest(), "{at} is still to come");
        let (events, pairs) = self.asked.get();
        self.asked.set((events, pairs + 1));
        Ok(self.was(key, at))
    }
}
