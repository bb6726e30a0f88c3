//! What a loss of power could leave.
//!
//! Owns [`Image`], and the choice of those that are tried: everything there, nothing there, every
//! piece of what was not synced lost alone and there alone, every beginning, tears inside a sector,
//! all pairs lost as long as there are few, and then some that are drawn. Where a file has grown
//! and the bytes are lost, there are zeros, or what an earlier file has left on that part of the
//! disk. Or one image is drawn, for whoever goes on with it.

use super::{Disk, Operation, SECTOR, State, put};
use crate::random::Draws;
use std::collections::BTreeMap;

/// Up to so many pieces, every pair of them is lost.
const PAIRS: usize = 24;

/// So many images are drawn for each crash, if there are more than the others.
const DRAWN: u64 = 20;

/// So many pieces of what was written are remembered when the rest is forgotten.
const OLD: usize = 100;

/// Where in a sector a write is torn.
const TEARS: [usize; 6] = [1, 4, 17, 100, 255, 511];

/// A disk after a loss of power.
#[derive(Clone, Debug)]
pub struct Image {
    /// What was lost, for a person.
    pub lost: String,
    /// What is there.
    pub disk: Disk,
}

/// How many crashes were tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// Moments at which power went.
    pub crashes: usize,
    /// Images of all of them.
    pub images: usize,
}

/// A part of a write that was not synced: what of it lies in one sector.
#[derive(Clone, Debug)]
struct Piece {
    file: usize,
    place: u64,
    bytes: Vec<u8>,
    /// A sync of it has failed, so none makes it certain.
    doubtful: bool,
}

/// What is certain at some moment, and what is not.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    files: Vec<Vec<u8>>,
    pieces: Vec<Piece>,
    /// Everything that was ever written: it may turn up where nothing was written yet.
    old: Vec<Piece>,
    /// The names that are certain, and after each operation on names since.
    names: Vec<BTreeMap<String, usize>>,
}

impl Disk {
    /// Calls `look` with every image of a crash after each number of operations from `from` on, and
    /// with that number. What was done before `from` counts as synced only if it was.
    pub fn crash(&self, from: usize, mut look: impl FnMut(usize, &Image)) -> Tried {
        let state = self.lock().clone();
        let mut tried = Tried::default();
        for at in from..=state.forgotten + state.operations.len() {
            let moment = Moment::after(&state, at);
            tried.crashes += 1;
            moment.each(&mut Draws::new(at as u64), &mut |lost, names, files| {
                tried.images += 1;
                let files = names.iter().map(|(name, file)| (name.clone(), files[*file].clone()));
                look(at, &Image { lost, disk: Disk::with(files) });
            });
        }
        tried
    }

    /// One image of a crash after this number of operations, of all that there are.
    pub fn crashed(&self, at: usize, draws: &mut Draws) -> Image {
        let moment = Moment::after(&self.lock(), at);
        let step = draws.index(moment.names.len());
        let (lost, files) = moment.draw(draws);
        let late = late(moment.names.len() - 1 - step);
        let names = &moment.names[step];
        let files = names.iter().map(|(name, file)| (name.clone(), files[*file].clone()));
        Image { lost: format!("{lost}{late}"), disk: Disk::with(files) }
    }
}

impl Default for Moment {
    fn default() -> Moment {
        Moment::certain(BTreeMap::new(), Vec::new())
    }
}

impl Moment {
    /// A moment at which everything is certain.
    pub fn certain(names: BTreeMap<String, usize>, files: Vec<Vec<u8>>) -> Moment {
        Moment { files, pieces: Vec::new(), old: Vec::new(), names: vec![names] }
    }

    fn after(state: &State, at: usize) -> Moment {
        let count = at.checked_sub(state.forgotten);
        let count = count.expect("what was forgotten cannot be looked at");
        let mut moment = state.first.clone();
        for operation in &state.operations[..count] {
            moment.add(operation);
        }
        moment
    }

    /// Forgets what was written long ago and has no meaning any more.
    pub fn forget(&mut self) {
        let extra = self.old.len().saturating_sub(OLD);
        self.old.drain(..extra);
    }

    /// One operation more.
    pub fn add(&mut self, operation: &Operation) {
        let mut names = self.names.last().expect("there is one").clone();
        match operation {
            Operation::Write { file, place, bytes } => {
                self.old.extend(pieces(*file, *place, bytes));
                self.pieces.extend(pieces(*file, *place, bytes));
                return;
            }
            Operation::Sync { file } => {
                self.sync(*file);
                return;
            }
            Operation::SyncFailed { file } => {
                let pieces = self.pieces.iter_mut().filter(|piece| piece.file == *file);
                pieces.for_each(|piece| piece.doubtful = true);
                return;
            }
            Operation::SyncNames => {
                self.names = vec![names];
                return;
            }
            Operation::Create { file, name } => {
                self.files.resize(self.files.len().max(*file + 1), Vec::new());
                names.insert(name.clone(), *file);
            }
            Operation::Rename { from, to } => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Operation::Remove { name } => {
                names.remove(name);
            }
        }
        self.names.push(names);
    }

    /// What was written to this file is certain now. What was written before it to the same place
    /// is gone.
    fn sync(&mut self, file: usize) {
        for piece in std::mem::take(&mut self.pieces) {
            if piece.file != file || piece.doubtful {
                self.pieces.push(piece);
                continue;
            }
            put(&mut self.files[file], &piece.bytes, piece.place);
            let (from, to) = (piece.place, piece.place + piece.bytes.len() as u64);
            self.pieces.retain(|old| {
                let inside = old.place >= from && old.place + old.bytes.len() as u64 <= to;
                old.file != file || !inside
            });
        }
    }

    /// Every image of this moment.
    fn each(
        &self,
        draws: &mut Draws,
        look: &mut impl FnMut(String, &BTreeMap<String, usize>, &[Vec<u8>]),
    ) {
        let count = self.pieces.len();
        for (step, names) in self.names.iter().enumerate() {
            let late = late(self.names.len() - 1 - step);
            let mut show = |what: String, files: &[Vec<u8>]| {
                look(format!("{what}{late}"), names, files);
            };
            show("all that was not synced".to_owned(), &self.with(|_| false));
            if count == 0 {
                continue;
            }
            show("nothing".to_owned(), &self.with(|_| true));
            show("all that was not synced, and old bytes are there".to_owned(), &self.stale(draws));
            for at in 0..count {
                show(format!("sector {at} of {count}"), &self.with(|it| it != at));
                show(format!("all but sector {at} of {count}"), &self.with(|it| it == at));
                show(format!("sectors from {at} of {count}"), &self.with(|it| it < at));
                for tear in TEARS.into_iter().filter(|tear| *tear < self.pieces[at].bytes.len()) {
                    let mut files = self.with(|it| it < at);
                    let Piece { file, place, bytes, .. } = &self.pieces[at];
                    put(&mut files[*file], &bytes[..tear], *place);
                    show(format!("sector {at} of {count} after {tear} bytes"), &files);
                }
            }
            if count <= PAIRS {
                for (one, other) in (0..count).flat_map(|at| (0..at).map(move |it| (it, at))) {
                    let files = self.with(|it| it != one && it != other);
                    show(format!("sectors {one} and {other} of {count}"), &files);
                }
            }
            for drawn in 0..DRAWN {
                let there: Vec<bool> = (0..count).map(|_| draws.chance(50)).collect();
                show(format!("half of {count}, drawn {drawn}"), &self.with(|it| there[it]));
            }
        }
    }

    /// The files of one image, and what of them was lost.
    fn draw(&self, draws: &mut Draws) -> (String, Vec<Vec<u8>>) {
        let count = self.pieces.len();
        if count == 0 {
            return ("all that was not synced".to_owned(), self.files.clone());
        }
        let at = draws.index(count);
        match draws.below(8) {
            0 => ("all that was not synced".to_owned(), self.with(|_| false)),
            1 => ("nothing".to_owned(), self.with(|_| true)),
            2 => ("all that was not synced, and old bytes are there".to_owned(), self.stale(draws)),
            3 => (format!("sector {at} of {count}"), self.with(|it| it != at)),
            4 => (format!("sectors from {at} of {count}"), self.with(|it| it < at)),
            5 | 6 => {
                let Piece { file, place, bytes, .. } = &self.pieces[at];
                let tear = draws.index(bytes.len());
                let mut files = self.with(|it| it < at);
                put(&mut files[*file], &bytes[..tear], *place);
                (format!("sector {at} of {count} after {tear} bytes"), files)
            }
            _ => {
                let there: Vec<bool> = (0..count).map(|_| draws.chance(50)).collect();
                (format!("half of {count}"), self.with(|it| there[it]))
            }
        }
    }

    /// The files with these pieces of what was not synced.
    fn with(&self, there: impl Fn(usize) -> bool) -> Vec<Vec<u8>> {
        let mut files = self.files.clone();
        for (at, piece) in self.pieces.iter().enumerate() {
            if there(at) {
                put(&mut files[piece.file], &piece.bytes, piece.place);
            }
        }
        files
    }
}

impl Moment {
    /// The files without what was not synced. They have grown, and what an earlier write has left
    /// on the disk is where they have.
    fn stale(&self, draws: &mut Draws) -> Vec<Vec<u8>> {
        let mut files = self.files.clone();
        for piece in &self.pieces {
            if piece.place >= self.files[piece.file].len() as u64 {
                let others = self.old.iter().filter(|old| old.bytes != piece.bytes);
                let others: Vec<&Piece> = others.collect();
                let Some(old) = others.get(draws.index(others.len().max(1))) else { continue };
                let old = old.bytes.iter().copied();
                let bytes: Vec<u8> = old.cycle().take(piece.bytes.len()).collect();
                put(&mut files[piece.file], &bytes, piece.place);
            }
        }
        files
    }
}

/// How many names are not what they were to be, in words.
fn late(names: usize) -> String {
    if names == 0 { String::new() } else { format!(", {names} names late") }
}

/// The parts of a write, by the sectors in which they lie.
fn pieces(file: usize, place: u64, bytes: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut place, mut rest) = (place, bytes);
    while !rest.is_empty() {
        let room = usize::try_from(SECTOR - place % SECTOR).expect("a small number");
        let (now, later) = rest.split_at(room.min(rest.len()));
        pieces.push(Piece { file, place, bytes: now.to_vec(), doubtful: false });
        place += now.len() as u64;
        rest = later;
    }
    pieces
}
