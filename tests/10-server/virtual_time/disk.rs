//! What a member's disk holds, and the state that it makes of it.
//!
//! A store is an image of its file, as of the last commit that is synced; so a crash is to open the
//! one before. A state that runs has a file of its own, in a folder that goes with it.

use super::news::Parts;
use basics::{Index, NodeId, Position};
use election::HardState;
use raft::{Configuration, Payload, Stored};
use replication::{Entry, Log, Span, Write};
use server::still::{self, Frozen, Options, Still};
use std::fmt;
use std::fs;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// A store, as a file has it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Image {
    /// The last entry in it.
    pub at: Position,
    pub configuration: Configuration,
    pub bytes: Arc<Vec<u8>>,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a store up to {}, {} bytes", self.at, self.bytes.len())
    }
}

/// What a member's disk holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Disk {
    pub hard_state: HardState,
    /// The log: the position before it, and its entries.
    pub log: Span<Payload>,
    pub image: Image,
}

impl Disk {
    /// A disk on the first day, with the founders of the cluster; or with nobody.
    pub fn first(stored: &Stored, founders: impl IntoIterator<Item = NodeId>) -> Disk {
        let folder = TempDir::new().expect("there is room for a store");
        let founder = |id: NodeId| (id, format!("n{id}"), vec![format!("http://{id}")]);
        still::found(folder.path(), stored, founders.into_iter().map(founder))
            .expect("a store can be made");
        let options = Options {
            id: NodeId(1),
            leases: lease::Options { election_timeout: Duration::ZERO, checkpoints: false },
            entries: 1,
            batch: 1,
        };
        let made = Still::open(folder.path(), options, Duration::ZERO).expect("it was made");
        let image = image(&made, stored.applied);
        let log = Span::empty(stored.log.start());
        Disk { hard_state: stored.hard_state, log, image }
    }

    /// What a node starts from.
    pub fn stored(&self) -> Stored {
        Stored {
            hard_state: self.hard_state,
            log: Log::from(self.log.clone()),
            applied: self.image.at,
            configuration: self.image.configuration.clone(),
        }
    }

    pub fn save(&mut self, write: &Write<Payload>) {
        if let Some(hard_state) = write.hard_state {
            self.hard_state = hard_state;
        }
        if let Some(begins) = write.begins {
            self.log = Span::empty(begins);
        }
        if let Some(span) = &write.entries {
            let kept = span.prev.index.0.checked_sub(self.log.prev.index.0);
            let kept = kept.expect("what the log has let go of is never written again");
            self.log.entries.truncate(usize::try_from(kept).expect("a short log"));
            self.log.entries.extend(span.entries.iter().cloned());
        }
    }

    /// The log's beginning is of no use any more.
    pub fn release(&mut self, index: Index) {
        let Some(count) = index.0.checked_sub(self.log.prev.index.0 + 1) else { return };
        let count = usize::try_from(count).expect("a short log");
        if let Some(Entry { term, .. }) = self.log.entries.get(count) {
            self.log.prev = Position { term: *term, index };
            self.log.entries.drain(..=count);
        }
    }
}

fn image(still: &Still, at: Position) -> Image {
    let bytes = Arc::new(still.image().expect("a store can be read"));
    Image { at, configuration: still.configuration().clone(), bytes }
}

/// A state that runs. Two are equal if they hold the same: what one does next follows from that and
/// from what it is told.
#[derive(Clone)]
pub struct Shelf {
    inside: Arc<Mutex<(Still, TempDir)>>,
    /// Every part of it, as a number, as of the last entry.
    pub parts: Parts,
    pub at: Position,
}

impl PartialEq for Shelf {
    fn eq(&self, other: &Shelf) -> bool {
        (self.at, &self.parts) == (other.at, &other.parts)
    }
}

impl Eq for Shelf {}

impl Hash for Shelf {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.at, &self.parts).hash(hasher);
    }
}

impl Shelf {
    /// The state in this image, at the beginning of its clock.
    pub fn open(image: &Image, options: Options) -> Shelf {
        let folder = TempDir::new().expect("there is room for a store");
        fs::write(folder.path().join("db"), &image.bytes[..]).expect("there is room for a store");
        let still = Still::open(folder.path(), options, Duration::ZERO);
        let still = still.unwrap_or_else(|error| panic!("a store that was synced: {error}"));
        let inside = Arc::new(Mutex::new((still, folder)));
        let mut shelf = Shelf { inside, parts: Vec::new(), at: image.at };
        shelf.look();
        assert_eq!(shelf.at, image.at, "a store says up to which entry it goes");
        shelf
    }

    /// Something is asked of the state, or done to it.
    pub fn with<R>(&self, act: impl FnOnce(&mut Still) -> R) -> R {
        act(&mut self.inside.lock().expect("nobody panics while holding it").0)
    }

    /// Looks at what the state is now.
    pub fn look(&mut self) {
        let (parts, at) =
            self.with(|still| (still.parts().expect("a store can be read"), still.applied()));
        (self.parts, self.at) = (parts, at);
    }

    /// What is to go to the disk now, if there is anything.
    pub fn freeze(&self) -> Option<(Frozen, Image)> {
        self.with(|still| {
            let frozen = still.freeze().expect("there is room for a store")?;
            Some((frozen, image(still, frozen.at)))
        })
    }
}
