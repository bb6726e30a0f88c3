//! Who watches a key.
//!
//! Owns [`Ranges`]: for a key that was changed, it finds those that watch it, and does not look at
//! all the others. Most watch one key, or a range; those of one key are found by it.
//!
//! Left to others: what they are told (`watcher`).

use crate::few::Few;
use crate::tree::{End, Tree};
use api::Keys;
use bytes::Bytes;
use std::collections::BTreeMap;

/// What is watched, and by whom.
///
/// *Example:* one watches `a`, one `[a, c)`, and one everything from `b` on. A change of `a` is for
/// the first two, a change of `c` for the third.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges<T> {
    keys: BTreeMap<Bytes, Few<T>>,
    tree: Tree<T>,
}

impl<T: Ord + Copy> Default for Ranges<T> {
    fn default() -> Ranges<T> {
        Ranges { keys: BTreeMap::new(), tree: Tree::new() }
    }
}

impl<T: Ord + Copy> Ranges<T> {
    /// From now on, this one watches these keys.
    pub fn add(&mut self, keys: &Keys, who: T) {
        match keys {
            Keys::One(key) => match self.keys.get_mut(key) {
                Some(all) => all.add(who),
                None => drop(self.keys.insert(key.clone(), Few::One(who))),
            },
            Keys::From(from) => self.tree.add(from, &End::Never, who),
            Keys::Between(from, to) => self.tree.add(from, &End::Before(to.clone()), who),
        }
    }

    /// It does not watch these keys any more, which it did.
    pub fn remove(&mut self, keys: &Keys, who: T) {
        match keys {
            Keys::One(key) => {
                let left = self.keys.remove(key).and_then(|all| all.without(who));
                if let Some(others) = left {
                    self.keys.insert(key.clone(), others);
                }
            }
            Keys::From(from) => self.tree.remove(from, &End::Never, who),
            Keys::Between(from, to) => self.tree.remove(from, &End::Before(to.clone()), who),
        }
    }

    /// Copies all that watch a key behind those that were found before.
    pub fn find(&self, key: &[u8], found: &mut Vec<T>) {
        if let Some(all) = self.keys.get(key) {
            all.copy_into(found);
        }
        self.tree.find(key, found);
    }

    /// How many ranges are looked at before one is found, at most, but for those that are found.
    pub fn height(&self) -> u8 {
        self.tree.height()
    }
}
