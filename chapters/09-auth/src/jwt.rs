//! Tokens that say themselves whose they are, signed so that nobody else can make them.
//!
//! Owns [`Jwt`]. Such a token is three parts: how it is signed, what it says, and the signature.
//!
//! ```text
//! {"alg":"RS256","typ":"JWT"} . {"exp":1795965733,"revision":20,"username":"root"} . …
//! ```
//!
//! Members keep none of them, and a member knows those of every other. In return, a token cannot be
//! taken back: it names the revision of users and roles at which it was made, and whatever needs
//! keys refuses one that is older than the state.
//!
//! What is in a token is whatever its sender likes, until the signature is checked. So the way to
//! sign is the member's own and not the token's: a token that names another one is refused, `none`
//! first of all.
//!
//! Left to others: the clock. Every `now` is the time since 1970.

use crate::asker::{Asker, AuthRevision};
use crate::error::Error;
use crate::key::{Checker, Signer};
use crate::method::Method;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// Signs tokens, and checks them.
pub struct Jwt {
    method: Method,
    /// A member that has the public key alone makes no tokens.
    signer: Option<Signer>,
    checker: Checker,
    lasts: Duration,
}

impl Jwt {
    /// With the keys in these files: the private one, or the public one, or both, which must be a
    /// pair. HMAC has one secret, the bytes of the first file as they are.
    pub fn new(
        method: Method,
        private: Option<&[u8]>,
        public: Option<&[u8]>,
        lasts: Duration,
    ) -> Result<Jwt, Error> {
        let has_bytes = |file: &&[u8]| !file.is_empty();
        let signer =
            private.filter(has_bytes).map(|file| Signer::read(method, file)).transpose()?;
        let given = public.filter(has_bytes).map(|file| Checker::read(method, file)).transpose()?;
        let checker = match (&signer, given.flatten()) {
            (None, None) => return Err(Error::MissingKey),
            (None, Some(given)) => given,
            (Some(signer), None) => Checker::of(method, signer),
            (Some(signer), Some(given)) if given.is_for(signer) => given,
            (Some(_), Some(_)) => return Err(Error::KeyMismatch),
        };
        Ok(Jwt { method, signer, checker, lasts })
    }

    /// A token for this user, who logged in when users and roles were at this revision. It takes
    /// its time with RSA, so it is not for apply.
    pub fn sign(
        &self,
        user: &str,
        revision: AuthRevision,
        now: Duration,
    ) -> Result<String, api::Error> {
        let signer = self.signer.as_ref().ok_or(api::Error::VerifyOnlyKey)?;
        let ends = now.saturating_add(self.lasts).as_secs();
        let head = format!(r#"{{"alg":"{}","typ":"JWT"}}"#, self.method);
        let user = Value::from(user);
        let says = format!(r#"{{"exp":{ends},"revision":{revision},"username":{user}}}"#);
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(says));
        let signature = URL_SAFE_NO_PAD.encode(signer.sign(message.as_bytes()));
        Ok(format!("{message}.{signature}"))
    }

    /// Whose token is this?
    ///
    /// Nothing unless it has three parts, names this member's way to sign, is signed with its key,
    /// has begun and has not ended, and says a user and a revision. One that says no end does not
    /// end: only who has the key can have made it.
    pub fn asker(&self, token: &str, now: Duration) -> Option<Asker> {
        let (message, signature) = token.rsplit_once('.')?;
        let (head, says) = message.split_once('.')?;
        let head = parsed(head)?;
        if head.get("alg")?.as_str()? != self.method.to_string() {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !self.checker.is_signed(message.as_bytes(), &signature) {
            return None;
        }
        let says = parsed(says)?;
        let now = now.as_secs_f64();
        if moment(&says, "exp")?.is_some_and(|end| now >= end)
            || moment(&says, "nbf")?.is_some_and(|begin| now < begin)
        {
            return None;
        }
        // It is a number like all of JSON's; one below zero is as old as can be.
        let revision = AuthRevision(says.get("revision")?.as_f64()? as u64);
        Some(Asker::User { name: says.get("username")?.as_str()?.into(), revision })
    }
}

/// One part of a token. A dot in it is no letter of this alphabet, so there are no more than three.
fn parsed(part: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A time that a token says, in seconds since 1970: nothing if it is no time, and if it says none,
/// or zero, none. Fractions of a second do not count.
#[expect(clippy::option_option, reason = "that nothing is said is not that nonsense is")]
fn moment(says: &Value, name: &str) -> Option<Option<f64>> {
    match says.get(name) {
        None => Some(None),
        Some(value) => {
            let seconds = value.as_f64()?;
            Some((seconds != 0.0).then_some(seconds.floor()))
        }
    }
}

/// Keys are not for logs.
impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signs = self.signer.is_some();
        write!(f, "Jwt({}, signs: {signs}, lasts: {:?})", self.method, self.lasts)
    }
}
