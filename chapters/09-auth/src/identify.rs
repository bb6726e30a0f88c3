//! Who is it that asks?
//!
//! Owns [`Credentials`], what comes with a request, and [`Auth::identify`].
//!
//! Left to others: what kind of token is looked up where, and whether a certificate is good.

use crate::asker::Asker;
use crate::state::Auth;
use api::Error;

/// What comes with a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credentials<'a> {
    /// The token in its metadata, under `token`, or else under `authorization`.
    pub token: Option<&'a str>,
    /// The common name of the client's certificate, if the member takes users from certificates,
    /// and if the client's own connection brought it: the one that the gateway has to its own
    /// member says nothing about who uses the gateway.
    pub certificate: Option<&'a str>,
}

impl Auth {
    /// Who asks? `look_up` says whose a token is. It is asked of every call but
    /// [`Authenticate`](crate::Call::Authenticate): who logs in may well bring a token that has
    /// ended.
    ///
    /// - While authentication is off, nobody asks, whatever the request brings.
    /// - A token decides, also beside a certificate. If it is not valid, not even an empty one, the
    ///   request is refused, and the certificate does not help. A token may come as `Bearer `.
    /// - The name in a certificate is as new as it can be.
    pub fn identify(
        &self,
        credentials: Credentials<'_>,
        look_up: impl FnOnce(&str) -> Option<Asker>,
    ) -> Result<Asker, Error> {
        if !self.enabled {
            return Ok(Asker::Nobody);
        }
        if let Some(token) = credentials.token {
            let token = token.strip_prefix("Bearer ").unwrap_or(token);
            return look_up(token).ok_or(Error::InvalidAuthToken);
        }
        Ok(match credentials.certificate {
            Some(name) => Asker::User { name: name.into(), revision: self.revision },
            None => Asker::Nobody,
        })
    }
}
