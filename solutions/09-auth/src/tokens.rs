//! Simple tokens: what a client shows instead of its password.
//!
//! Owns [`Token`], which is 16 letters, a dot and the index of the entry that gave it, and
//! [`Tokens`], all that are valid. The letters are drawn by the member that was asked, and go
//! through the log, so that all members know the token from that entry on; the index makes it
//! another one than every other.
//!
//! A token lasts as long as it is used: its end moves whenever somebody shows it. Each member has
//! ends of its own, and asks nobody; so this table is not part of what members agree on, and it is
//! empty after a start.
//!
//! A member that takes another one's snapshot has not seen the entries up to it. One of them may
//! have voided a token that is known here. So with a snapshot goes [`TokenChange::VoidAll`], as if
//! the member had started anew.
//!
//! Left to others: the clock, and the lock, for this table is changed by those who read.

use crate::asker::{Asker, AuthRevision};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How many letters there are in a token.
const LENGTH: usize = 16;
const ALPHABET: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The letters of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Letters([u8; LENGTH]);

impl Letters {
    /// The letters for a number that nobody can guess. There are fewer of them than of numbers, by
    /// a factor of 2³⁶, so every one is as likely as any other.
    pub fn of(mut draw: u128) -> Letters {
        Letters(std::array::from_fn(|_| {
            let letter = usize::try_from(draw % 52).expect("it is below 52");
            draw /= 52;
            ALPHABET[letter]
        }))
    }

    /// Are they these? It takes equally long wherever they differ, so that nobody finds out one
    /// letter after the other.
    fn are(&self, other: &Letters) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(0, |differs, (ours, theirs)| differs | (ours ^ theirs)) == 0
    }
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    letters: Letters,
    index: u64,
}

impl Token {
    /// The token that an entry gives.
    pub fn new(letters: Letters, index: u64) -> Token {
        Token { letters, index }
    }

    /// What a client has shown, or nothing if it was never given: there is one way to write a
    /// token.
    pub fn parse(text: &str) -> Option<Token> {
        let (letters, index) = text.split_once('.')?;
        let letters: [u8; LENGTH] = letters.as_bytes().try_into().ok()?;
        let is_canonical = index.bytes().all(|digit| digit.is_ascii_digit())
            && (index == "0" || !index.starts_with('0'));
        if !letters.iter().all(u8::is_ascii_alphabetic) || !is_canonical {
            return None;
        }
        Some(Token { letters: Letters(letters), index: index.parse().ok()? })
    }

    /// The entry that gave it. A member that has not applied it yet does not know the token, so it
    /// waits for that before it looks: for so long as it waits for anything, and no longer, because
    /// anybody can make up an index that is never reached.
    pub fn index(&self) -> u64 {
        self.index
    }
}

/// What an entry does to tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenChange {
    /// Nothing.
    Nothing,
    /// A user gets one.
    Give {
        /// It.
        token: Token,
        /// Whose it is.
        user: Arc<str>,
    },
    /// Those of a user are void.
    VoidUser(String),
    /// All are void.
    VoidAll,
}

/// All tokens that are valid here.
#[derive(Debug)]
pub struct Tokens {
    lasts: Duration,
    most: usize,
    /// By the entry that gave it. There is one for each.
    given: BTreeMap<u64, Given>,
    /// When to look at which: not later than it ends. A token has one place here.
    ends: BTreeSet<(Duration, u64)>,
}

#[derive(Debug)]
struct Given {
    letters: Letters,
    user: Arc<str>,
    /// Never before its place in `ends`.
    end: Duration,
    place: Duration,
}

impl Tokens {
    /// None yet. A token that nobody shows lasts so long. There are at most so many; one more, and
    /// the one whose end comes next is forgotten.
    ///
    /// Every `now` is a time since some fixed moment, by a clock that does not go back.
    pub fn new(lasts: Duration, most: usize) -> Tokens {
        Tokens { lasts, most: most.max(1), given: BTreeMap::new(), ends: BTreeSet::new() }
    }

    /// How many there are, those included that have ended and that nobody looked for.
    pub fn len(&self) -> usize {
        self.given.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Does what an entry does.
    pub fn change(&mut self, change: &TokenChange, now: Duration) {
        match change {
            TokenChange::Nothing => {}
            TokenChange::Give { token, user } => self.give(*token, user.clone(), now),
            TokenChange::VoidUser(user) => self.void(|given| *given.user == **user),
            TokenChange::VoidAll => self.void(|_| true),
        }
    }

    /// Whose token is this? It lasts longer for having been shown.
    ///
    /// Nothing if there is no such token: it was never given, it has ended, or it is void.
    pub fn asker(&mut self, text: &str, revision: AuthRevision, now: Duration) -> Option<Asker> {
        let token = Token::parse(text)?;
        let given = self.given.get_mut(&token.index)?;
        if !given.letters.are(&token.letters) || given.end <= now {
            return None;
        }
        given.end = now.saturating_add(self.lasts);
        Some(Asker::User { name: given.user.clone(), revision })
    }

    /// Forgets those that have ended.
    pub fn expire(&mut self, now: Duration) {
        while let Some((place, _)) = self.ends.first()
            && *place <= now
        {
            self.forget_next(|end| end <= now);
        }
    }

    fn give(&mut self, token: Token, user: Arc<str>, now: Duration) {
        let end = now.saturating_add(self.lasts);
        let given = Given { letters: token.letters, user, end, place: end };
        if let Some(before) = self.given.insert(token.index, given) {
            self.ends.remove(&(before.place, token.index));
        }
        self.ends.insert((end, token.index));
        while self.given.len() > self.most {
            self.forget_next(|_| true);
        }
    }

    /// Looks at the token whose place is first. If it was shown since, its place moves; else it is
    /// forgotten, if that is wanted of a token with this end.
    fn forget_next(&mut self, wanted: impl Fn(Duration) -> bool) {
        let Some((place, index)) = self.ends.pop_first() else { return };
        let given = self.given.get_mut(&index).expect("whatever has a place is there");
        if given.end == place && wanted(place) {
            self.given.remove(&index);
        } else {
            given.place = given.end;
            self.ends.insert((given.end, index));
        }
    }

    fn void(&mut self, is_void: impl Fn(&Given) -> bool) {
        let ends = &mut self.ends;
        self.given.retain(|index, given| {
            let void = is_void(given);
            if void {
                ends.remove(&(given.place, *index));
            }
            !void
        });
    }
}

/// Letters open doors, so they are not for logs.
impl fmt::Debug for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letters(…)")
    }
}

/// As the client gets it.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = std::str::from_utf8(&self.letters.0).expect("they are letters");
        write!(f, "{letters}.{}", self.index)
    }
}
