//! What is told of TLS.
//!
//! Owns [`check`], which needs no file: versions, names of ciphers, and whether there is a
//! certificate for whoever asks for one.
//!
//! Left to others: reading certificates, and everything that is done with them.

use crate::config::error::{Error, Impossible, Refused};
use crate::config::settings::Settings;
use crate::config::urls::Url;
use crate::journal::{Level, Line};
use crate::tls::{self, Options, Version};

/// Checks it, for clients and for other members.
pub fn check(settings: &Settings, notes: &mut Vec<Line>) -> Result<(Options, Options), Error> {
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
    if peer.auto && !peer.makes_own() {
        let message = "ignoring peer auto TLS since certs given";
        notes.push(Line::new(Level::Warn, message, Vec::new()));
    }
    for url in &settings.listen_peer_urls {
        match url.is_secret() {
            true if peer.is_empty() => {
                return Err(Impossible::NoPeerCertificate(url.address().to_owned()).into());
            }
            true => {}
            false => ignored(peer, url, &PEERS, notes),
        }
    }
    for url in clients {
        match url.is_secret() {
            true if client.is_empty() => return Err(Impossible::NoCertificate(url.clone()).into()),
            true => {}
            false => ignored(client, url, &CLIENTS, notes),
        }
    }
    let whole = |tls: &Options, checks_address| Options {
        checks_address,
        allowed_cn: some(&tls.allowed_cn),
        allowed_hostname: some(&tls.allowed_hostname),
        self_signed_years: settings.self_signed_cert_validity,
        min_version: min.unwrap_or_default(),
        max_version: max,
        cipher_suites: settings.cipher_suites.clone(),
        ..tls.clone()
    };
    Ok((whole(client, false), whole(peer, !settings.peer_skip_addresses)))
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

/// What is said of an address in the clear: of a certificate, and of those that are asked for.
struct Remarks {
    field: &'static str,
    certificate: &'static str,
    clients: &'static str,
}

const CLIENTS: Remarks = Remarks {
    field: "client-url",
    certificate: "scheme is http or unix while key and cert files are present; ignoring key and \
                  cert files",
    clients: "scheme is http or unix while --client-cert-auth is enabled; ignoring client cert \
              auth for this URL",
};

const PEERS: Remarks = Remarks {
    field: "peer-url",
    certificate: "scheme is HTTP while key and cert files are present; ignoring key and cert files",
    clients: "scheme is HTTP while --peer-client-cert-auth is enabled; ignoring client cert auth \
              for this URL",
};

/// What is told of TLS means nothing at an address in the clear.
fn ignored(tls: &Options, url: &Url, remarks: &Remarks, notes: &mut Vec<Line>) {
    let mut warn = |message| {
        let field = (remarks.field, url.text().into());
        notes.push(Line::new(Level::Warn, message, vec![field]));
    };
    if tls.cert_file.is_some() || tls.key_file.is_some() {
        warn(remarks.certificate);
    }
    if tls.client_cert_auth {
        warn(remarks.clients);
    }
}
