//! The three questions that every check is made of: is there a user, is it root, and may it do this
//! with these keys?
//!
//! Owns their answers, with etcd's refusals. All of them are yes while authentication is off, and
//! for the cluster itself.
//!
//! Left to others: which of them a request raises (`needs`, `requests`).

use crate::asker::Asker;
use crate::state::{Access, Auth, Granted};
use api::{Error, Keys};

impl Auth {
    /// Has anybody said who asks? Whether there is such a user is not looked at.
    pub(crate) fn check_user(&self, asker: &Asker) -> Result<(), Error> {
        match asker {
            Asker::Nobody if self.enabled => Err(Error::UserEmpty),
            Asker::Nobody | Asker::User { .. } | Asker::Cluster => Ok(()),
        }
    }

    /// Does a user ask who has the role `root`? The revision is not looked at: a role that was
    /// taken away is not there now, whenever the token was made.
    pub(crate) fn check_root(&self, asker: &Asker) -> Result<(), Error> {
        if !self.enabled || *asker == Asker::Cluster {
            return Ok(());
        }
        if asker.name().is_empty() {
            return Err(Error::UserEmpty);
        }
        let user = self.user(asker.name()).ok_or(Error::UserNotFound)?;
        match *user.granted {
            Granted::Everything => Ok(()),
            Granted::Some { .. } => Err(Error::PermissionDenied),
        }
    }

    /// May whoever asks do this with all of these keys?
    ///
    /// A token that has a revision of its own must be as new as users and roles are here: root's
    /// too. Then the user has to be there, which is no other refusal than that of a key: nobody
    /// learns from it which users there are.
    pub(crate) fn check_keys(
        &self,
        asker: &Asker,
        access: Access,
        keys: &Keys,
    ) -> Result<(), Error> {
        if !self.enabled {
            return Ok(());
        }
        let (name, revision) = match asker {
            Asker::Cluster => return Ok(()),
            Asker::Nobody => return Err(Error::UserEmpty),
            Asker::User { name, revision } => (name, *revision),
        };
        if revision < self.revision {
            return Err(Error::AuthOldRevision);
        }
        let user = self.user(name).ok_or(Error::PermissionDenied)?;
        if user.granted.has(access, keys) { Ok(()) } else { Err(Error::PermissionDenied) }
    }

    /// Is what was found out about who asks still so? A read looks at the store after it was
    /// checked; between the two, somebody may have taken the permission away. So this is asked at
    /// its end, of the state there is then.
    pub fn check_still(&self, asker: &Asker) -> Result<(), Error> {
        match asker {
            Asker::User { revision, .. } if *revision != self.revision => {
                Err(Error::AuthOldRevision)
            }
            Asker::User { .. } | Asker::Nobody | Asker::Cluster => Ok(()),
        }
    }
}
