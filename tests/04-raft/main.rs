//! The graded tests of the whole of Raft.
//!
//! Some put one node on a bench and look at what it does; the others look at whole clusters.

#[path = "../03-wal/files.rs"]
mod files;
#[path = "../03-wal/known.rs"]
mod known;
#[path = "../03-wal/long.rs"]
mod long;
#[path = "../03-wal/memory.rs"]
mod memory;

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
mod on_files;
mod payloads;
mod play;
mod reads;
mod search;
mod simulation;
mod simulation_on_files;
mod snapshots;
mod starts;
mod transfers;
