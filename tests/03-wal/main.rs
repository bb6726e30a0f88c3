//! The graded tests of the log on disk.

#[expect(dead_code, reason = "chapter 4 uses all of it")]
mod files;
mod hostile;
mod known;
mod long;
mod memory;
mod payload;
mod story;
mod writer;

/// Chapter 2's node, as it is tested there.
#[path = "../02-replication/node.rs"]
mod node;
#[path = "../02-replication/properties.rs"]
mod properties;
#[path = "../02-replication/sightings.rs"]
mod sightings;

mod again;
mod crashes;
mod damage;
mod failures;
mod forged;
mod hazards;
mod incoming;
mod noise;
mod printing;
mod real;
mod repairs;
mod simulation;
mod spares;
