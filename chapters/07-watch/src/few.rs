//! A set that has one element most of the time.
//!
//! Owns [`Few`]: most keys are watched by one watcher, which needs no set.

use std::collections::BTreeSet;

/// One or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Few<T> {
    /// One.
    One(T),
    /// Two or more.
    Many(BTreeSet<T>),
}

impl<T: Ord + Copy> Few<T> {
    /// Adds one, unless it is there.
    pub fn add(&mut self, it: T) {
        match self {
            Few::One(first) if *first == it => {}
            Few::One(first) => *self = Few::Many(BTreeSet::from([*first, it])),
            Few::Many(all) => drop(all.insert(it)),
        }
    }

    /// What is left without it; none if nothing is.
    pub fn without(self, it: T) -> Option<Few<T>> {
        match self {
            Few::One(first) => (first != it).then_some(Few::One(first)),
            Few::Many(mut all) => {
                all.remove(&it);
                match all.first() {
                    Some(last) if all.len() == 1 => Some(Few::One(*last)),
                    Some(_) => Some(Few::Many(all)),
                    None => None,
                }
            }
        }
    }

    /// Copies all of them.
    pub fn copy_into(&self, found: &mut Vec<T>) {
        match self {
            Few::One(first) => found.push(*first),
            Few::Many(all) => found.extend(all),
        }
    }
}
