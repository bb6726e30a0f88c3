//! Versions, as etcd writes them.
//!
//! Owns [`Version`], which is read from `3.7` or `3.7.1`, and [`VERSION`], the one that this is.

use std::fmt;

/// Which version of etcd this is, for those who ask.
pub const VERSION: &str = "3.7.1";

/// A version of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u64,
    minor: u64,
    patch: u64,
}

impl Version {
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
