//! Certificates, those who sign them, and clients that show them.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, date_time_ymd,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

/// One who signs.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub certificate: String,
}

/// What a certificate says.
pub struct Said {
    pub name: &'static str,
    pub number: u64,
    pub usage: Option<ExtendedKeyUsagePurpose>,
    pub ends: i32,
    pub hosts: Vec<String>,
}

impl Default for Said {
    fn default() -> Said {
        let hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        Said { name: "alice", number: 7, usage: Some(CLIENT), ends: 4000, hosts }
    }
}

pub const CLIENT: ExtendedKeyUsagePurpose = ExtendedKeyUsagePurpose::ClientAuth;
pub const SERVER: ExtendedKeyUsagePurpose = ExtendedKeyUsagePurpose::ServerAuth;

/// A certificate and its key.
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        let key = KeyPair::generate().expect("ring has some");
        let mut parameters = CertificateParams::new(Vec::new()).expect("it has no names");
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = parameters.self_signed(&key).expect("it is its own").pem();
        Authority { issuer: Issuer::new(parameters, key), certificate }
    }

    /// One that says this.
    pub fn sign(&self, said: &Said) -> Pair {
        let key = KeyPair::generate().expect("ring has some");
        let hosts = said.hosts.clone();
        let mut parameters = CertificateParams::new(hosts).expect("they are names");
        parameters.distinguished_name.push(DnType::CommonName, said.name);
        parameters.serial_number = Some(said.number.into());
        parameters.extended_key_usages = said.usage.iter().cloned().collect();
        parameters.not_after = date_time_ymd(said.ends, 1, 1);
        let certificate = parameters.signed_by(&key, &self.issuer).expect("it may sign").pem();
        Pair { certificate, key: key.serialize_pem() }
    }

    /// One of a member.
    pub fn server(&self) -> Pair {
        self.sign(&Said { name: "server", usage: Some(SERVER), ..Said::default() })
    }

    /// A list of certificates that are not valid any more, in DER and in PEM.
    pub fn revoke(&self, numbers: &[u64]) -> (Vec<u8>, String) {
        let then = date_time_ymd(2020, 1, 1);
        let revoked = |number: &u64| RevokedCertParams {
            serial_number: (*number).into(),
            revocation_time: then,
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: then,
            next_update: date_time_ymd(2021, 1, 1),
            crl_number: 1.into(),
            issuing_distribution_point: None,
            revoked_certs: numbers.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer).expect("it may sign");
        (list.der().to_vec(), list.pem().expect("it can be written"))
    }
}

/// Writes a file, and says where.
pub fn write(place: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let place = place.join(name);
    std::fs::write(&place, text).expect("there is room");
    place
}

/// A client that trusts this authority.
pub fn client(authority: &Authority) -> Client {
    Client { trusts: authority.certificate.clone(), shows: None, versions: vec![&TLS13, &TLS12] }
}

/// A client that is to speak TLS.
pub struct Client {
    trusts: String,
    shows: Option<Pair>,
    versions: Vec<&'static SupportedProtocolVersion>,
}

impl Client {
    pub fn shows(self, pair: Pair) -> Client {
        Client { shows: Some(pair), ..self }
    }

    pub fn only(self, version: &'static SupportedProtocolVersion) -> Client {
        Client { versions: vec![version], ..self }
    }

    /// It speaks these, the first one rather than the next.
    pub fn says(self, protocols: &[&str]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(&self.trusts)).expect("it was made so");
        let config = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_protocol_versions(&self.versions)
            .expect("they are known")
            .with_root_certificates(roots);
        let mut config = match self.shows {
            None => config.with_no_client_auth(),
            Some(pair) => {
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("it is one");
                let chain = vec![certificate(&pair.certificate)];
                config.with_client_auth_cert(chain, key).expect("they belong together")
            }
        };
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        config.into()
    }

    /// It speaks HTTP/2.
    pub fn http2(self) -> Arc<ClientConfig> {
        self.says(&["h2"])
    }
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("it is one")
}
