//! In whose name something is proposed.
//!
//! Owns [`By`], an [`Asker`] as an entry of the log has it. Nobody is none at all, so while
//! authentication is off an entry has not a byte of it.

use auth::{Asker, AuthRevision};
use prost::Message;

/// Somebody with a name, or the cluster.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct By {
    /// The user; none if it is the cluster itself.
    #[prost(string, optional, tag = "1")]
    user: Option<String>,
    /// Users and roles as they were when the user was found out.
    #[prost(uint64, tag = "2")]
    revision: u64,
}

impl By {
    /// Whoever asks, if it is anybody.
    pub fn of(asker: &Asker) -> Option<By> {
        match asker {
            Asker::Nobody => None,
            Asker::User { name, revision } => {
                Some(By { user: Some(name.to_string()), revision: revision.0 })
            }
            Asker::Cluster => Some(By { user: None, revision: 0 }),
        }
    }

    /// Who that is.
    pub fn asker(by: Option<&By>) -> Asker {
        match by {
            None => Asker::Nobody,
            Some(By { user: None, .. }) => Asker::Cluster,
            Some(By { user: Some(name), revision }) => {
                Asker::User { name: name.as_str().into(), revision: AuthRevision(*revision) }
            }
        }
    }
}
