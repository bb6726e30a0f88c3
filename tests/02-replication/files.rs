//! The files that a node's disk may be in: in this chapter there are none.
//!
//! Chapter 3 runs the simulation of this chapter again, with a module of this name in which there
//! is a log.

use basics::Index;
use election::HardState;
use replication::{Span, Write};
use std::convert::Infallible;
use std::marker::PhantomData;

/// Files with a log in them, of which there are none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Files<P>(Infallible, PhantomData<P>);

impl<P> Files<P> {
    /// A save is synced.
    pub fn save(&mut self, _write: &Write<P>) {
        match self.0 {}
    }

    /// Power goes, while these saves wait; what is there when it comes again.
    pub fn crash(&mut self, _: Option<Index>, _: &[&Write<P>]) -> (HardState, Span<P>) {
        match self.0 {}
    }
}
