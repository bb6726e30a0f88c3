//! Sets of keys, as ranges that are merged.
//!
//! Owns [`Ranges`]. What a user may read is granted in pieces: by several roles, in ranges that
//! overlap, that touch, and that are single keys. A request may need two or more of them together.
//! So they are merged once, when users or roles change; then a request is in one piece or in none,
//! and finding it takes a binary search.
//!
//! ```text
//!   granted   [a ──── c)      [e ── f)  [h]
//!                 [b ────── e)                   [x ───…
//!   merged    [a ──────────────── f)  [h, h␀)    [x ───…
//! ```
//!
//! Left to others: whose keys they are, and what for.

use api::Keys;
use bytes::Bytes;

/// A set of keys.
///
/// Its pieces are in order, none is empty, and between two of them there is at least one key that
/// is in neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<Piece>);

/// Keys side by side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    /// The first. It is never empty, for no key is.
    from: Bytes,
    to: End,
}

/// Where keys end. No end is after every end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// The first key that is not meant.
    Before(Bytes),
    /// All keys that follow are meant.
    Open,
}

impl End {
    fn is_after(&self, key: &[u8]) -> bool {
        match self {
            End::Before(end) => key < &end[..],
            End::Open => true,
        }
    }
}

impl Piece {
    /// What is granted with these words, or nothing if no key is. One key is all keys from it to
    /// the next one that there can be, which is one zero byte longer.
    fn granted(keys: &Keys) -> Option<Piece> {
        let (from, to) = match keys {
            Keys::One(key) => (key, End::Before([&key[..], &[0]].concat().into())),
            Keys::From(key) => (key, End::Open),
            Keys::Between(key, to) => (key, End::Before(to.clone())),
        };
        let has_keys = !from.is_empty() && to.is_after(from);
        has_keys.then(|| Piece { from: from.clone(), to })
    }
}

impl Ranges {
    /// The keys that any of these names. Those without a key are left out.
    pub fn of(granted: impl IntoIterator<Item = Keys>) -> Ranges {
        let mut pieces: Vec<Piece> =
            granted.into_iter().filter_map(|keys| Piece::granted(&keys)).collect();
        pieces.sort_unstable();
        let mut merged: Vec<Piece> = Vec::new();
        for piece in pieces {
            match merged.last_mut() {
                // It begins inside the last one, or where that ends.
                Some(last) if last.to.is_after(&piece.from) || is_at(&last.to, &piece.from) => {
                    if last.to < piece.to {
                        last.to = piece.to;
                    }
                }
                Some(_) | None => merged.push(piece),
            }
        }
        Ranges(merged)
    }

    /// Are all keys of this range in the set?
    ///
    /// A range whose end is not after its first key has no keys, and nothing comes of it. etcd's
    /// answer then depends on the shape of its tree; here, the first key has to be in the set, and
    /// no other piece may begin from the range's end on.
    ///
    /// *Example:* with `[a, c)` and `[c, f)` in the set, `[b, e)` is, and `[b, g)` is not. A range
    /// without an end is only in a set that has a piece without an end.
    pub fn covers(&self, keys: &Keys) -> bool {
        match keys {
            Keys::One(key) => self.piece(key).is_some(),
            Keys::From(key) => self.piece(key).is_some_and(|(_, piece)| piece.to == End::Open),
            Keys::Between(from, to) if from < to => self
                .piece(from)
                .is_some_and(|(_, piece)| piece.to.is_after(to) || is_at(&piece.to, to)),
            Keys::Between(from, to) => self
                .piece(from)
                .is_some_and(|(at, _)| self.0[..at].last().is_none_or(|before| before.from < to)),
        }
    }

    /// How many pieces there are.
    pub fn pieces(&self) -> usize {
        self.0.len()
    }

    /// The piece that has this key, and its place.
    fn piece(&self, key: &[u8]) -> Option<(usize, &Piece)> {
        let after = self.0.partition_point(|piece| &piece.from[..] <= key);
        let at = after.checked_sub(1)?;
        let piece = &self.0[at];
        piece.to.is_after(key).then_some((at, piece))
    }
}

fn is_at(end: &End, key: &[u8]) -> bool {
    match end {
        End::Before(end) => &end[..] == key,
        End::Open => false,
    }
}
