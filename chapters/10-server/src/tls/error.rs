//! What can be wrong with TLS: before a member listens, and with a client.
//!
//! Owns [`Error`] and [`Refused`]. Both say what etcd says, as far as rustls knows as much.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::{
    self, AlertDescription, CertificateError, InvalidMessage, PeerIncompatible,
};
use x509_cert::der::DateTime;

/// Why a member cannot have TLS as it was told to.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no certificate.
    #[error("TLS key/cert (--cert-file, --key-file) must be provided")]
    Absent,
    /// There is a certificate without its key, or a key alone.
    #[error("KeyFile and CertFile must both be present[key: {key}, cert: {certificate}]")]
    Half {
        /// Where the key is, or nothing.
        key: String,
        /// Where the certificate is, or nothing.
        certificate: String,
    },
    /// The same of those with which the member is a client.
    #[error(
        "ClientKeyFile and ClientCertFile must both be present or both absent: key: {key}, cert: \
         {certificate}]"
    )]
    HalfOfOwn {
        /// Where the key is, or nothing.
        key: String,
        /// Where the certificate is, or nothing.
        certificate: String,
    },
    /// A file cannot be opened, or not be read.
    #[error("{doing} {place}: {}", in_words(.error))]
    File {
        /// `open` or `read`.
        doing: &'static str,
        /// Which.
        place: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// What is in the file of certificates.
    #[error("tls: failed to find any PEM data in certificate input")]
    NoCertificate,
    /// What is in the file of the key.
    #[error("tls: failed to find any PEM data in key input")]
    NoKey,
    /// They do not belong together.
    #[error("tls: private key does not match public key")]
    OtherKey,
    /// etcd takes keys on P-521 too. ring has no such curve.
    #[error("tls: the private key is none of RSA, ECDSA on P-256 or P-384, and Ed25519")]
    KindOfKey,
    /// Nobody could be trusted.
    #[error("{place}: there is no certificate in it that could be trusted")]
    NobodyTrusted {
        /// Which file, or what else.
        place: String,
    },
    /// It is not a list of revoked certificates.
    #[error("x509: malformed crl")]
    NotRevoked,
    /// A client shows a certificate that is not valid any more.
    #[error("transport: certificate serial {0} revoked")]
    Revoked(String),
    /// A client is not there any more.
    #[error("{}", in_words(.0))]
    Gone(io::Error),
    /// A client comes from elsewhere than its certificate says.
    #[error("x509: certificate is valid for {}, not {remote}", joined(.valid))]
    Address {
        /// From where it may come.
        valid: Vec<IpAddr>,
        /// From where it comes.
        remote: IpAddr,
    },
    /// The same, of one whose certificate has names.
    #[error("tls: \"{remote}\" does not match any of DNSNames {}", listed(.names))]
    Names {
        /// What it may be called.
        names: Vec<String>,
        /// From where it comes.
        remote: IpAddr,
    },
    /// It is not a certificate, to those who look for its number.
    #[error("x509: malformed certificate")]
    Unreadable,
    /// Nobody knows this version.
    #[error("unexpected TLS version {0:?} (must be one of: TLS1.2, TLS1.3)")]
    Version(String),
    /// There is no version between the two.
    #[error("min version (TLS1.3) is greater than max version (TLS1.2)")]
    Versions,
    /// Nobody knows these ciphers.
    #[error("unexpected TLS cipher suite {0:?}")]
    Suite(String),
    /// TLS 1.3 takes what it likes.
    #[error("cipher suites cannot be configured when only TLS1.3 is enabled")]
    SuitesOfNothing,
    /// HTTP/2 says that everybody has these.
    #[error(
        "http2: TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM_SHA256 cipher \
         (need at least one of TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or \
         TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)"
    )]
    SuiteOfHttp2,
    /// A client cannot have both.
    #[error(
        "AllowedCNs and AllowedHostnames are mutually exclusive (cns={cns}, hostnames={hostnames})"
    )]
    TwoKindsOfNames {
        /// The ones.
        cns: String,
        /// The others.
        hostnames: String,
    },
    /// A certificate that was never valid.
    #[error("selfSignedCertValidity is invalid,it should be greater than 0")]
    Years,
    /// A certificate of the member's own cannot be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// Whatever else rustls does not like.
    #[error("tls: {0}")]
    Other(#[from] rustls::Error),
}

impl Error {
    /// That of a file.
    pub fn file(doing: &'static str, place: &Path, error: io::Error) -> Error {
        Error::File { doing, place: place.to_owned(), error }
    }

    /// That of a certificate and a key.
    pub fn pair(error: rustls::Error) -> Error {
        match error {
            rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch) => {
                Error::OtherKey
            }
            rustls::Error::General(_) => Error::KindOfKey,
            other => Error::Other(other),
        }
    }
}

fn joined(addresses: &[IpAddr]) -> String {
    addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ")
}

/// Names, as Go writes a list of them.
pub fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    format!("[{}]", quoted.join(" "))
}

/// The system's reason, as Go writes it.
fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

/// A client that was not let in.
#[derive(Debug, Default)]
pub struct Refused {
    /// Whom it asked for.
    pub server_name: String,
    /// The addresses in its certificate, if it came so far.
    pub ip_addresses: Vec<IpAddr>,
    /// The names in its certificate, if it came so far.
    pub dns_names: Vec<String>,
    /// Why not. None if it went by itself, before anything could be said of it.
    pub why: Option<String>,
}

impl Refused {
    /// One that was refused before it said anything of itself.
    pub fn unheard(why: impl ToString) -> Refused {
        Refused { why: Some(why.to_string()), ..Refused::default() }
    }

    /// It said nothing for too long, on the way from the one to the other.
    pub fn silent(own: SocketAddr, remote: SocketAddr) -> Refused {
        Refused::unheard(format!("read tcp {own}->{remote}: i/o timeout"))
    }

    /// What the stream reported.
    pub fn broken(error: &io::Error) -> Refused {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match (inner, error.kind()) {
            (Some(error), _) => Refused::unheard(reason(error)),
            (None, io::ErrorKind::UnexpectedEof) => Refused::default(),
            (None, _) => Refused::unheard(in_words(error)),
        }
    }
}

/// What Go says in place of what rustls says.
fn reason(error: &rustls::Error) -> String {
    use rustls::Error::{
        AlertReceived, InvalidCertificate, NoApplicationProtocol, NoCertificatesPresented,
    };
    let known = match error {
        NoCertificatesPresented => "client didn't provide a certificate",
        NoApplicationProtocol => "client requested unsupported application protocols",
        InvalidCertificate(error) => return verdict(error),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => NOT_TLS,
        rustls::Error::PeerIncompatible(
            PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            // Who speaks neither 1.2 nor 1.3 says less of itself.
            | PeerIncompatible::SignatureAlgorithmsExtensionRequired,
        ) => "client offered only unsupported versions",
        // The second one is about those that encrypt with the server's own key alone.
        rustls::Error::PeerIncompatible(
            PeerIncompatible::NoCipherSuitesInCommon | PeerIncompatible::NoKxGroupsInCommon,
        ) => "no cipher suite supported by both client and server",
        AlertReceived(AlertDescription::BadCertificate) => "bad certificate",
        AlertReceived(AlertDescription::UnknownCA) => "unknown certificate authority",
        AlertReceived(AlertDescription::CertificateExpired) => "expired certificate",
        other => return format!("tls: {other}"),
    };
    let whose = if matches!(error, AlertReceived(_)) { "remote error: " } else { "" };
    format!("{whose}tls: {known}")
}

/// What Go says of whoever does not speak TLS.
pub const NOT_TLS: &str = "first record does not look like a TLS handshake";

/// What Go says of a certificate.
fn verdict(error: &CertificateError) -> String {
    let known = match error {
        // Only the list of allowed names looks for names.
        CertificateError::NotValidForName => {
            return "client certificate authentication failed".to_owned();
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "certificate specifies an incompatible key usage"
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "certificate signed by unknown authority"
        }
        // Of one that ended before it began, no more is said.
        CertificateError::Expired | CertificateError::NotValidYet => {
            "certificate has expired or is not yet valid"
        }
        CertificateError::ExpiredContext { time, not_after } => {
            return outdated(*time, "after", *not_after);
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            return outdated(*time, "before", *not_before);
        }
        other => return format!("tls: failed to verify certificate: x509: {other}"),
    };
    format!("tls: failed to verify certificate: x509: {known}")
}

/// What Go says of a certificate that is not valid now.
fn outdated(now: UnixTime, side: &str, then: UnixTime) -> String {
    let date = |time: UnixTime| {
        let known = DateTime::from_unix_duration(Duration::from_secs(time.as_secs()));
        known.map_or_else(|_| "another age".to_owned(), |date| date.to_string())
    };
    format!(
        "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: \
         current time {} is {side} {}",
        date(now),
        date(then)
    )
}
