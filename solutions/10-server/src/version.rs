//! Versions, as etcd writes them.
//!
//! Owns [`Version`], which is read from `3.7` or `3.7.1`, [`VERSION`], the one that this is, and
//! [`wanted`], what a cluster is to speak whose members are of these versions.

use bincode::{Decode, Encode};
use std::fmt;

/// Which version of etcd this is, for those who ask.
pub const VERSION: &str = "3.7.1";

/// What a cluster speaks of which nobody knows what all members can do.
pub const LOWEST: Version = Version { major: 3, minor: 0, patch: 0 };

/// Why a member ends whose cluster speaks a version that it does not.
pub const TOO_OLD: &str =
    "invalid downgrade; server version is lower than determined cluster version";

/// From this version on, a store says in which one it is written.
const SAYS_SO: Version = Version { major: 3, minor: 6, patch: 0 };

/// How a store is written that does not say so.
pub const SAYS_NOTHING: &str = "3.5.0";

/// A version of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Version {
    major: u64,
    minor: u64,
    patch: u64,
}

/// Which version a cluster is to speak, if it is another than now. `lowest` is that of the member
/// that can least, and none if not all could be asked; `back` is one that somebody wishes to go
/// back to.
pub fn wanted(
    now: Option<Version>,
    lowest: Option<Version>,
    back: Option<Version>,
) -> Option<Version> {
    let lowest = lowest.map(Version::minor_only);
    let Some(now) = now else { return Some(lowest.unwrap_or(LOWEST)) };
    let lowest = lowest?;
    if let Some(back) = back.map(Version::minor_only) {
        let can_go = |from: Version| from == back || from.before() == Some(back);
        return (back != now && can_go(now) && can_go(lowest)).then_some(back);
    }
    // It never goes back by itself: what is written may be read by those alone that can all of it.
    (now < lowest && now.major == lowest.major).then_some(lowest)
}

impl Version {
    /// The one that this is.
    pub fn own() -> Version {
        Version::parse(VERSION).expect("it is one")
    }

    /// How a store is written in a cluster that speaks this version; none if it does not say.
    pub fn storage(self) -> Option<String> {
        (self >= SAYS_SO).then(|| self.to_string())
    }

    /// Two or three numbers with dots between them; none if it is anything else.
    pub fn parse(text: &str) -> Option<Version> {
        let mut parts = text.split('.').map(|part| {
            let is_number = !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
            is_number.then(|| part.parse().ok()).flatten()
        });
        let (major, minor) = (parts.next()??, parts.next()??);
        let patch = parts.next().unwrap_or(Some(0))?;
        parts.next().is_none().then_some(Version { major, minor, patch })
    }

    /// The same, without what only mends it.
    pub fn minor_only(self) -> Version {
        Version { patch: 0, ..self }
    }

    /// The minor version before this one.
    pub fn before(self) -> Option<Version> {
        let minor = self.minor.checked_sub(1)?;
        Some(Version { major: self.major, minor, patch: 0 })
    }

    /// As `3.7`.
    pub fn short(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
