//! What must hold of a cluster of machines.
//!
//! Owns [`Property`], which looks at a cluster after every event, and [`Violation`], what it finds.
//! Left to others: which runs it looks at (`sim`), and what a search asks instead (`explore`).

use crate::action::Action;
use crate::cluster::Cluster;
use crate::hazard::Sightings;
use crate::machine::Machine;

/// Something that must hold after every event of a run.
pub trait Property<M: Machine> {
    /// Looks at the cluster after `action`, and remembers what it needs to.
    fn after(&mut self, cluster: &Cluster<M>, action: &Action) -> Result<(), Violation>;

    /// Which hazard states it has seen, of those that a run like this may reach. Runs count them.
    fn sightings(&self) -> Sightings {
        Sightings::default()
    }
}

/// A property that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant, by its name in the book.
    pub invariant: String,
    /// What broke it: "n1 and n3 both lead t2".
    pub message: String,
}

impl Violation {
    /// A broken invariant, and what broke it.
    pub fn new(invariant: &str, message: impl Into<String>) -> Violation {
        Violation { invariant: invariant.to_owned(), message: message.into() }
    }
}
