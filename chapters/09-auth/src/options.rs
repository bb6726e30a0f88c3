//! How a member makes tokens, as its flag `--auth-token` says it.
//!
//! Owns [`Options`]: `simple`, or `jwt` with what belongs to it.
//!
//! ```text
//! jwt,pub-key=/etc/etcd/jwt.pub,priv-key=/etc/etcd/jwt.key,sign-method=RS256,ttl=10m
//! ```
//!
//! Left to others: reading the files (the caller lends that), and their keys (`key`).

use crate::duration;
use crate::error::Error;
use crate::jwt::Jwt;
use crate::method::Method;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

/// How long a token lasts that is signed, if nothing is said.
const LASTS: Duration = Duration::from_secs(300);

/// How tokens are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Options {
    /// There are none. Users come from certificates, and who logs in is told, however right the
    /// password is, that it [failed](api::Error::AuthFailed).
    None,
    /// They are drawn, and members remember them.
    Simple,
    /// They are signed, and members remember nothing.
    Jwt(JwtOptions),
}

/// How tokens are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwtOptions {
    /// How.
    pub method: Method,
    /// The file of the key that checks.
    pub public: Option<String>,
    /// The file of the key that signs.
    pub private: Option<String>,
    /// How long a token lasts.
    pub lasts: Duration,
    /// Names that mean nothing. They are worth a warning.
    pub unknown: Vec<String>,
}

impl Options {
    /// What the text says. After the kind, each option is a name, one `=` and a value, and comes at
    /// most once.
    pub fn parse(text: &str) -> Result<Options, Error> {
        let mut parts = text.split(',');
        let kind = parts.next().expect("there is always one part");
        let mut options = BTreeMap::new();
        for part in parts {
            let pair = part.split_once('=').filter(|(_, value)| !value.contains('='));
            let (name, value) = pair.ok_or_else(|| invalid(format!("no option: {part:?}")))?;
            if options.insert(name, value).is_some() {
                return Err(invalid(format!("{name} is there twice")));
            }
        }
        match kind {
            "" => Ok(Options::None),
            "simple" => Ok(Options::Simple),
            "jwt" => JwtOptions::of(options).map(Options::Jwt),
            unknown => Err(invalid(format!("unknown token type {unknown:?}"))),
        }
    }
}

impl JwtOptions {
    fn of(mut options: BTreeMap<&str, &str>) -> Result<JwtOptions, Error> {
        // An option without a value is as good as none.
        let mut take = |name: &str| options.remove(name).filter(|value| !value.is_empty());
        let lasts = match take("ttl") {
            None => LASTS,
            Some(text) => duration::parse(text)
                .ok_or_else(|| invalid(format!("time: invalid duration {text:?}")))?,
        };
        let public = take("pub-key").map(str::to_owned);
        let private = take("priv-key").map(str::to_owned);
        let method = Method::parse(take("sign-method").unwrap_or_default())?;
        let unknown = options.into_keys().map(str::to_owned).collect();
        Ok(JwtOptions { method, public, private, lasts, unknown })
    }

    /// Reads the keys, and what comes of it signs and checks.
    pub fn load(&self, mut read: impl FnMut(&str) -> io::Result<Vec<u8>>) -> Result<Jwt, Error> {
        let mut key = |file: &Option<String>| match file {
            None => Ok(None),
            Some(file) => {
                read(file).map(Some).map_err(|error| invalid(format!("open {file}: {error}")))
            }
        };
        let public = key(&self.public)?;
        let private = key(&self.private)?;
        Jwt::new(self.method, private.as_deref(), public.as_deref(), self.lasts)
    }
}

fn invalid(why: String) -> Error {
    Error::InvalidOptions { why }
}
