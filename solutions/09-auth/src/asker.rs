//! Who asks.
//!
//! Owns [`Asker`], which goes with every request, into the log too; and [`AuthRevision`], which
//! says how old the word is that somebody asks in a user's name.
//!
//! Left to others: how a token or a certificate names a user (`identify`), and what a user may do
//! (`check`).

use std::fmt;
use std::sync::Arc;

/// How often users, roles or permissions were changed. A new cluster is at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthRevision(pub u64);

/// Who asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Nobody has said. It is everybody's name while authentication is off.
    Nobody,
    /// A user, who may not be there any more.
    User {
        /// The name. A certificate may have an empty one, which is no user's.
        name: Arc<str>,
        /// Users and roles as they were when this was found out.
        revision: AuthRevision,
    },
    /// The cluster itself, which ends leases and raises alarms. No request of a client is this.
    Cluster,
}

impl Asker {
    /// The user's name. It is empty for nobody.
    pub fn name(&self) -> &str {
        match self {
            Asker::User { name, .. } => name,
            Asker::Nobody | Asker::Cluster => "",
        }
    }
}

impl AuthRevision {
    /// That of a cluster in which nothing was changed.
    pub const FIRST: AuthRevision = AuthRevision(1);

    /// The one after.
    pub fn next(self) -> AuthRevision {
        AuthRevision(self.0 + 1)
    }
}

impl fmt::Display for AuthRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// For logs. A name cannot begin a line of its own.
impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asker::Nobody => f.write_str("nobody"),
            Asker::User { name, .. } => write!(f, "{name:?}"),
            Asker::Cluster => f.write_str("the cluster"),
        }
    }
}
