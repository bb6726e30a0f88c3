//! The graded tests of the whole of Raft.
//!
//! Some put one node on a bench and look at what it does; the others look at whole clusters.

mod bench;
mod lab;
mod node;
mod properties;
mod sightings;
mod store;

mod configurations;
mod corners;
mod departures;
mod hazards_lab;
mod membership;
mod noise;
mod odd_moments;
mod payloads;
mod play;
mod reads;
mod search;
mod simulation;
mod snapshots;
mod starts;
mod transfers;
