//! What a member decides alone, and all members carry out.
//!
//! Owns [`proposed`], the choices of whoever proposes a grant; [`Reign`]; and [`Decided`], what a
//! primary proposes by itself.
//!
//! Members do the same as long as an entry says everything: none of them may look at a clock, at
//! its options or at a die when it carries the entry out. So all of that happens before, here.

use crate::ttl::Ttl;
use api::LeaseGrantRequest;

/// What is proposed for a client who asks for a lease: with a number, and with a time that is not
/// shorter than the cluster's shortest.
///
/// A client who has chosen no number gets a positive one, which `draw` decides: any number, each as
/// likely as the next. Too long a time stays as it is. It is refused when the entry is carried out,
/// after whatever else may be refused there.
///
/// *Example:* asked for 1 s under the number −77, with 2 s as the shortest: 2 s under −77.
pub fn proposed(request: &LeaseGrantRequest, shortest: Ttl, draw: u64) -> LeaseGrantRequest {
    let id = match request.id {
        0 => i64::try_from(draw % i64::MAX.unsigned_abs()).expect("it is less") + 1,
        chosen => chosen,
    };
    LeaseGrantRequest { id, ttl: request.ttl.max(shortest.seconds()) }
}

/// The time in which one member is the primary, by the number of the term in which it leads. No two
/// members have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reign(pub u64);

/// What a primary has decided by its deadlines. It goes into the log together with the reign.
///
/// Primaries propose like everybody else, and what they propose may arrive late: when another
/// member leads, has extended all leases and has renewed some. There, a lease whose time was over
/// is not over any more, and a rest that was left is not the rest. So it only counts if its entry
/// was appended in the reign in which it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it is to be proposed, in the order of the calls that it comes from"]
pub struct Decided<T> {
    /// Whose deadlines they were.
    pub reign: Reign,
    /// What is to be done.
    pub what: T,
}

impl<T> Decided<T> {
    /// What is to be done, if it still is: when the entry is carried out that was appended in this
    /// term.
    pub fn in_force(self, appended: Reign) -> Option<T> {
        (self.reign == appended).then_some(self.what)
    }
}
