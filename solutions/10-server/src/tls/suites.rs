//! Ciphers and versions, by the names that etcd has for them.
//!
//! Owns [`Version`], [`provider`] and [`check`].
//!
//! Go knows more suites than rustls, which has none that encrypts with the server's own key, or in
//! blocks that are chained. Whoever lists such a one gets the others of the list.

use super::error::Error;
use std::str::FromStr;
use std::sync::Arc;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::{CipherSuite, SupportedProtocolVersion, version};

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 1.2, with ciphers that can be chosen.
    #[default]
    Tls12,
    /// 1.3.
    Tls13,
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(name: &str) -> Result<Version, Error> {
        match name {
            "TLS1.2" => Ok(Version::Tls12),
            "TLS1.3" => Ok(Version::Tls13),
            _ => Err(Error::Version(name.to_owned())),
        }
    }
}

/// The versions between the two.
pub fn versions(min: Version, max: Version) -> Vec<&'static SupportedProtocolVersion> {
    let all = [(Version::Tls13, &version::TLS13), (Version::Tls12, &version::TLS12)];
    let fits = |version| min <= version && version <= max;
    all.into_iter().filter(|(version, _)| fits(*version)).map(|(_, known)| known).collect()
}

/// Those that rustls has for TLS 1.2.
const KNOWN: [(&str, CipherSuite); 8] = [
    (RSA_OF_HTTP2, CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    (ECDSA_OF_HTTP2, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
];

const RSA_OF_HTTP2: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDSA_OF_HTTP2: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";

/// Names that say nothing here: those of TLS 1.3, which has all of its own whatever is listed, and
/// those that only Go has.
const IDLE: [&str; 19] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_RC4_128_SHA",
];

/// Is it a name of Go's, or one of the two short ones that etcd has beside them?
pub fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|(known, _)| *known == name) || IDLE.contains(&name)
}

/// Are these names known, and is there what HTTP/2 needs, if it is spoken?
pub fn check(names: &[String], http: bool) -> Result<(), Error> {
    if let Some(name) = names.iter().find(|name| !is_known(name)) {
        return Err(Error::Suite(name.clone()));
    }
    let fits = names.iter().any(|name| name == RSA_OF_HTTP2 || name == ECDSA_OF_HTTP2);
    if http && !names.is_empty() && !fits {
        return Err(Error::SuiteOfHttp2);
    }
    Ok(())
}

/// All arithmetic, with these suites for TLS 1.2; with all, if none is named.
pub fn provider(names: &[String]) -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    if !names.is_empty() {
        let listed = |suite| {
            KNOWN.iter().any(|(name, known)| *known == suite && names.iter().any(|n| n == name))
        };
        provider.cipher_suites.retain(|suite| suite.tls13().is_some() || listed(suite.suite()));
    }
    Arc::new(provider)
}
