//! Addresses as they are told: `http://host:port`.
//!
//! Owns [`Url`] and the texts of [`Error`], which are Go's where Go's own parser refuses, and
//! etcd's else.

use std::fmt;
use std::net::IpAddr;
use thiserror::Error;

/// How somebody is spoken to at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Under TLS.
    Https,
    /// By a file of the system.
    Unix,
    /// By a file, and under TLS.
    Unixs,
}

/// An address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Url {
    text: String,
    scheme: Scheme,
    address: String,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Go cannot read it.
    #[error("parse {text:?}: {why}")]
    Parse {
        /// The text.
        text: String,
        /// Where it stops.
        why: String,
    },
    /// It is no scheme that there is.
    #[error("URL scheme must be http, https, unix, or unixs: {0}")]
    Scheme(String),
    /// There is no port.
    #[error("URL address does not have the form \"host:port\": {0}")]
    Port(String),
    /// There is more than a host and a port.
    #[error("URL must not contain a path: {0}")]
    Path(String),
}

impl Url {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Url, Error> {
        let text = text.trim();
        let failed = |why: String| Error::Parse { text: text.to_owned(), why };
        if text.chars().any(|letter| letter.is_ascii_control()) {
            return Err(failed("net/url: invalid control character in URL".to_owned()));
        }
        let (scheme, rest) = scheme(text).map_err(failed)?;
        let rest = rest.split(['?', '#']).next().unwrap_or("");
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        if scheme.is_empty() && authority.is_empty() {
            let first = path.split('/').next().unwrap_or("");
            if first.contains(':') {
                let why = "first path segment in URL cannot contain colon";
                return Err(failed(why.to_owned()));
            }
        }
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        check_host(host).map_err(failed)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "unix" => Scheme::Unix,
            "unixs" => Scheme::Unixs,
            _ => return Err(Error::Scheme(text.to_owned())),
        };
        let (_, after) = text.split_once(':').expect("there is a scheme");
        let whole = format!("{}:{after}", scheme.name());
        if matches!(scheme, Scheme::Unix | Scheme::Unixs) {
            return Ok(Url { text: whole, scheme, address: format!("{host}{path}") });
        }
        if !host[host.rfind(']').unwrap_or(0)..].contains(':') {
            return Err(Error::Port(text.to_owned()));
        }
        if !path.is_empty() {
            return Err(Error::Path(text.to_owned()));
        }
        Ok(Url { text: whole, scheme, address: host.to_owned() })
    }

    /// Reads several, with commas between them.
    pub fn list(text: &str) -> Result<Vec<Url>, Error> {
        text.split(',').map(Url::parse).collect()
    }

    /// How it is spoken to.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Is it spoken to under TLS?
    pub fn is_secret(&self) -> bool {
        matches!(self.scheme, Scheme::Https | Scheme::Unixs)
    }

    /// Is it a file, and no host?
    pub fn is_file(&self) -> bool {
        matches!(self.scheme, Scheme::Unix | Scheme::Unixs)
    }

    /// The host and the port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The host, without the brackets that some have.
    pub fn host(&self) -> &str {
        let host = self.address.rsplit_once(':').map_or("", |(host, _)| host);
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// Can somebody listen there? A name that has to be looked up first may be anybody's.
    pub fn is_own(&self) -> bool {
        self.is_file() || self.host() == "localhost" || self.host().parse::<IpAddr>().is_ok()
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Unix => "unix",
            Scheme::Unixs => "unixs",
        }
    }
}

/// What stands before the first colon, if it can be a scheme, and the rest.
fn scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, letter) in text.char_indices() {
        match letter {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            ':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

/// A host, in brackets if it has colons, and perhaps a port.
fn check_host(host: &str) -> Result<(), String> {
    if let Some(at) = host.find('%') {
        let escape: String = host[at..].chars().take(3).collect();
        return Err(format!("invalid URL escape {escape:?}"));
    }
    let is_fine = |letter: &char| {
        letter.is_ascii_alphanumeric()
            || !letter.is_ascii()
            || "-._~!$&'()*+,;=:[]<>\"".contains(*letter)
    };
    if let Some(letter) = host.chars().find(|letter| !is_fine(letter)) {
        return Err(format!("invalid character {:?} in host name", letter.to_string()));
    }
    let port = if host.starts_with('[') {
        let end = host.rfind(']').ok_or_else(|| "missing ']' in host".to_owned())?;
        &host[end + 1..]
    } else {
        host.find(':').map_or("", |at| &host[at..])
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    let has_colon = port.is_empty() || port.starts_with(':');
    if !has_colon || !digits.chars().all(|digit| digit.is_ascii_digit()) {
        return Err(format!("invalid port {port:?} after host"));
    }
    Ok(())
}
