//! A user logs in, with a name and a password.
//!
//! Owns [`Login`]: the part of it that comes before the log. It takes three steps, because checking
//! a password takes long, and users change meanwhile:
//!
//! 1. [`Auth::login`] says what the password is to be checked against.
//! 2. [`Login::check`] checks it, where a thread may be busy.
//! 3. The member proposes a token. If users, roles or permissions have changed since the first step
//!    when that is applied, it begins anew: the password may be another one by now.
//!
//! Whoever tries names must not learn from the time that an answer takes whether there is such a
//! user. So there is always something to check against: a name that nobody has costs as much as a
//! wrong password, as long as passwords are hashed at the cost that they are checked at here. (etcd
//! answers at once. It also says of users without a password that they have none, and so do we.)

use crate::asker::AuthRevision;
use crate::password::{Cost, decoy, is_hash};
use crate::state::Auth;
use api::Error;
use bytes::Bytes;

/// A password is to be checked.
#[derive(Clone, Debug)]
pub struct Login {
    against: Bytes,
    /// Is that the user's own?
    genuine: bool,
    revision: AuthRevision,
}

impl Auth {
    /// Somebody wants to log in with this name. `cost` is what new passwords are hashed with here.
    pub fn login(&self, name: &str, cost: Cost) -> Result<Login, Error> {
        if !self.enabled {
            return Err(Error::AuthNotEnabled);
        }
        let stored = self.user(name).map(|user| &user.stored);
        if stored.is_some_and(|user| user.options.is_some_and(|options| options.no_password)) {
            return Err(Error::NoPasswordUser);
        }
        let own = stored.map(|user| user.password.clone()).filter(|hash| is_hash(hash));
        Ok(Login {
            genuine: own.is_some(),
            against: own.unwrap_or_else(|| decoy(cost).into()),
            revision: self.revision,
        })
    }
}

impl Login {
    /// Checks the password, once, with [`matches`](crate::password::matches) or something that
    /// stands for it. The answer is the revision of users and roles for which it is so.
    pub fn check(self, matches: impl FnOnce(&[u8]) -> bool) -> Result<AuthRevision, Error> {
        // The order matters: what takes long comes first, whoever it is about.
        let is_right = matches(&self.against);
        if is_right && self.genuine { Ok(self.revision) } else { Err(Error::AuthFailed) }
    }
}
