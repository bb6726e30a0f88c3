//! What is told of TLS.
//!
//! Owns [`Tls`], and the checks that need no file: versions, names of ciphers, and whether there is
//! a certificate for whoever asks for one.
//!
//! Left to others: reading certificates, and everything that is done with them.

use crate::config::error::{Error, Impossible, Refused};
use crate::config::settings::Settings;
use crate::config::urls::Url;
use crate::journal::{Level, Line, fields};
use crate::tls::{self, Version};
use std::path::PathBuf;

/// Certificates and rules of one side: clients, or other members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// The certificate that is shown.
    pub cert_file: Option<PathBuf>,
    /// Its key.
    pub key_file: Option<PathBuf>,
    /// The one that is shown where this member is a client itself.
    pub own_cert_file: Option<PathBuf>,
    /// Its key.
    pub own_key_file: Option<PathBuf>,
    /// Whoever comes in needs a certificate.
    pub client_cert_auth: bool,
    /// Who signs those.
    pub trusted_ca_file: Option<PathBuf>,
    /// Which of those are not good any more.
    pub crl_file: Option<PathBuf>,
    /// Which names they may have; all, if the list is empty.
    pub allowed_cn: Vec<String>,
    /// For which hosts they may be; all, if the list is empty.
    pub allowed_hostname: Vec<String>,
    /// Is a certificate made at the start?
    pub auto: bool,
    /// For how many years.
    pub self_signed_validity: u64,
    /// The oldest version that is spoken.
    pub min_version: Version,
    /// The newest; none for whatever there is.
    pub max_version: Option<Version>,
    /// Which ciphers TLS 1.2 may use, as Go calls them; the usual ones, if the list is empty.
    pub cipher_suites: Vec<String>,
}

impl Tls {
    /// Is there no certificate, and will none be made?
    pub fn is_empty(&self) -> bool {
        self.cert_file.is_none() && self.key_file.is_none() && !self.auto
    }
}

impl From<Tls> for tls::Options {
    /// What a member is told of TLS with its clients.
    fn from(tls: Tls) -> tls::Options {
        tls::Options {
            cert_file: tls.cert_file,
            key_file: tls.key_file,
            client_cert_auth: tls.client_cert_auth,
            trusted_ca_file: tls.trusted_ca_file,
            crl_file: tls.crl_file,
            allowed_cn: tls.allowed_cn,
            allowed_hostname: tls.allowed_hostname,
            auto: tls.auto,
            self_signed_years: u32::try_from(tls.self_signed_validity).unwrap_or(u32::MAX),
            min_version: tls.min_version,
            max_version: tls.max_version,
            cipher_suites: tls.cipher_suites,
        }
    }
}

/// Checks it, for clients and for other members.
pub fn check(settings: &Settings, notes: &mut Vec<Line>) -> Result<(Tls, Tls), Error> {
    let min = version(&settings.tls_min_version)?;
    let max = version(&settings.tls_max_version)?;
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        let (min, max) = (settings.tls_min_version.clone(), settings.tls_max_version.clone());
        return Err(Refused::TlsVersions(min, max).into());
    }
    if min == Some(Version::Tls13) && !settings.cipher_suites.is_empty() {
        return Err(Refused::CiphersOfTls13.into());
    }
    let mut suites = settings.cipher_suites.iter();
    if let Some(cipher) = suites.find(|cipher| !tls::is_known_suite(cipher)) {
        return Err(Impossible::Cipher(cipher.clone()).into());
    }
    let clients = settings.listen_client_urls.iter().chain(&settings.listen_client_http_urls);
    let (client, peer) = (&settings.client_tls, &settings.peer_tls);
    for (tls, is_for_clients) in [(client, true), (peer, false)] {
        if tls.auto && tls.cert_file.is_none() && settings.self_signed_cert_validity == 0 {
            return Err(Error::Validity { is_for_clients });
        }
    }
    for url in settings.listen_peer_urls.iter().filter(|url| url.is_secret()) {
        if peer.is_empty() {
            return Err(Impossible::NoPeerCertificate(url.address().to_owned()).into());
        }
    }
    for url in clients {
        match url.is_secret() {
            true if client.is_empty() => return Err(Impossible::NoCertificate(url.clone()).into()),
            true => {}
            false => ignored(client, url, notes),
        }
    }
    let whole = |tls: &Tls| Tls {
        allowed_cn: some(&tls.allowed_cn),
        allowed_hostname: some(&tls.allowed_hostname),
        self_signed_validity: settings.self_signed_cert_validity,
        min_version: min.unwrap_or_default(),
        max_version: max,
        cipher_suites: settings.cipher_suites.clone(),
        ..tls.clone()
    };
    Ok((whole(client), whole(peer)))
}

fn some(names: &[String]) -> Vec<String> {
    names.iter().filter(|name| !name.is_empty()).cloned().collect()
}

fn version(text: &str) -> Result<Option<Version>, Refused> {
    match text {
        "" => Ok(None),
        "TLS1.2" => Ok(Some(Version::Tls12)),
        "TLS1.3" => Ok(Some(Version::Tls13)),
        other => Err(Refused::TlsVersion(other.to_owned())),
    }
}

/// What is told of TLS means nothing at an address in the clear.
fn ignored(tls: &Tls, url: &Url, notes: &mut Vec<Line>) {
    let mut warn = |message| {
        notes.push(Line::new(Level::Warn, message, fields!["client-url": url.text()]));
    };
    if tls.cert_file.is_some() || tls.key_file.is_some() {
        warn(
            "scheme is http or unix while key and cert files are present; ignoring key and cert \
              files",
        );
    }
    if tls.client_cert_auth {
        warn(
            "scheme is http or unix while --client-cert-auth is enabled; ignoring client cert \
              auth for this URL",
        );
    }
}
