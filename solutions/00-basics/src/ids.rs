//! The words that every layer shares: who, when, and how far.
//!
//! Owns the newtypes [`NodeId`], [`Term`], [`Index`] and [`Position`]. They order as the protocol
//! needs them to, and they cannot be mixed up. Nothing here decides anything.

use std::fmt;

/// A node of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

/// A term: the number of an attempt to elect a leader. Terms are Raft's clock; they only grow.
///
/// [`Term::ZERO`] is before the first election: nobody stands in it, so nobody leads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(pub u64);

/// A place in the log. The first entry has index 1; zero is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index(pub u64);

/// How far a log reaches: the term and the index of its last entry.
///
/// The fields stand in this order on purpose. Derived `Ord` compares the term first and the index
/// second, and that is Raft's rule for which of two logs is more up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The term in which a leader created the entry.
    pub term: Term,
    /// The entry's place.
    pub index: Index,
}

impl Term {
    /// The term before the first election.
    pub const ZERO: Term = Term(0);

    /// The last term that a number can name. Nobody stands in it: there is no next.
    pub const LAST: Term = Term(u64::MAX);

    /// The term after this one, which is not the last.
    #[must_use]
    pub fn next(self) -> Term {
        Term(self.0.checked_add(1).expect("nobody stands in the last term"))
    }
}

impl Position {
    /// The end of an empty log.
    pub const START: Position = Position { term: Term::ZERO, index: Index(0) };
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0)
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.term, self.index)
    }
}
