//! Who asks, and what they may do.
//!
//! Owns [`Gate`]: users and roles as they are, which the state swaps as entries change them, and
//! the tokens that a member remembers or signs. A request is checked here when it comes, if it only
//! reads; what is in the log is checked when it is carried out.
//!
//! Left to others: the rules (`auth`), and where a token is found in a request (`services`).

use crate::swapped::Swapped;
use api::Error;
use auth::{Asker, Auth, AuthRevision, Credentials, Jwt, Token, TokenChange, Tokens};
use basics::Index;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How a member knows whose a token is.
pub enum Kind {
    /// There are no tokens.
    None,
    /// It remembers those that were given.
    Simple(Mutex<Tokens>),
    /// It sees who has signed them.
    Signed(Box<Jwt>),
}

/// Users, roles and tokens.
pub struct Gate {
    auth: Swapped<Auth>,
    /// The same as in `auth`, for whoever need not know more.
    is_enabled: AtomicBool,
    kind: Kind,
    began: Instant,
}

impl Gate {
    /// Users and roles as a start has found them.
    pub fn new(auth: Auth, kind: Kind) -> Gate {
        let is_enabled = AtomicBool::new(auth.is_enabled());
        Gate { auth: Swapped::new(auth), is_enabled, kind, began: Instant::now() }
    }

    /// Users and roles as they are.
    pub fn auth(&self) -> Arc<Auth> {
        self.auth.get()
    }

    /// Does it matter who asks?
    pub fn is_enabled(&self) -> bool {
        self.is_enabled.load(Ordering::Acquire)
    }

    /// An entry has changed users, roles or tokens.
    pub fn change(&self, next: Option<Auth>, tokens: &TokenChange) {
        if let Kind::Simple(known) = &self.kind {
            lock(known).change(tokens, self.began.elapsed());
        }
        if let Some(next) = next {
            let is_enabled = next.is_enabled();
            self.auth.set(next);
            self.is_enabled.store(is_enabled, Ordering::Release);
        }
    }

    /// The state is another one now, with these users and roles. What has become of tokens
    /// meanwhile, nobody here knows.
    pub fn replace(&self, auth: Auth) {
        self.change(Some(auth), &TokenChange::VoidAll);
    }

    /// Who asks?
    pub fn identify(&self, credentials: Credentials<'_>) -> Result<Asker, Error> {
        let auth = self.auth();
        auth.identify(credentials, |token| match &self.kind {
            Kind::None => None,
            Kind::Simple(known) => lock(known).asker(token, auth.revision(), self.began.elapsed()),
            Kind::Signed(jwt) => jwt.asker(token, since_1970()),
        })
    }

    /// The entry that gave a token. A member that is not so far yet cannot know it.
    pub fn given_by(&self, token: &str) -> Option<Index> {
        let token = token.strip_prefix("Bearer ").unwrap_or(token);
        match &self.kind {
            Kind::Simple(_) => Token::parse(token).map(|token| Index(token.index())),
            Kind::None | Kind::Signed(_) => None,
        }
    }

    /// A token for somebody whose password was right, if tokens are signed.
    pub fn sign(&self, user: &str, revision: AuthRevision) -> Option<Result<String, Error>> {
        match &self.kind {
            // A token of a kind that nobody knows would open nothing.
            Kind::None => Some(Err(Error::AuthFailed)),
            Kind::Simple(_) => None,
            Kind::Signed(jwt) => Some(jwt.sign(user, revision, since_1970())),
        }
    }

    /// Are the letters of tokens drawn?
    pub fn draws(&self) -> bool {
        matches!(self.kind, Kind::Simple(_))
    }

    /// Forgets tokens that have ended.
    pub fn expire(&self) {
        if let Kind::Simple(known) = &self.kind {
            lock(known).expire(self.began.elapsed());
        }
    }
}

fn lock(tokens: &Mutex<Tokens>) -> MutexGuard<'_, Tokens> {
    tokens.lock().expect("nobody panics while holding it")
}

/// The time that people have, which signed tokens name.
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
