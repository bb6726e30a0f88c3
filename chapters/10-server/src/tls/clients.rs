//! Which clients are let in.
//!
//! Owns [`verifier`]: a client shows a certificate that somebody trusted has signed, for clients,
//! and perhaps it needs a certain name.
//!
//! Left to others: the handshake (`tls`).

use super::error::Error;
use super::leaf::Leaf;
use super::roots;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use tokio_rustls::rustls::{
    self, CertificateError, DigitallySignedStruct, DistinguishedName, SignatureScheme,
};

/// Names of which a client needs one. Everybody may come if there is none.
#[derive(Clone, Debug)]
pub enum Allowed {
    /// Everybody.
    All,
    /// Common names.
    CommonNames(Vec<String>),
    /// Hosts and addresses.
    Hosts(Vec<String>),
}

/// Lets in whom these authorities have signed, or those whom the system trusts, if none is named.
pub fn verifier(
    authorities: Option<&Path>,
    allowed: Allowed,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let roots = roots::read(authorities)?;
    let built = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build();
    let trusted = built.map_err(|_| roots::nobody(authorities))?;
    Ok(match allowed {
        Allowed::All => trusted,
        Allowed::CommonNames(_) | Allowed::Hosts(_) => Arc::new(Named { trusted, allowed }),
    })
}

/// Lets in those who are trusted and have one of these names.
#[derive(Debug)]
struct Named {
    trusted: Arc<dyn ClientCertVerifier>,
    allowed: Allowed,
}

impl Allowed {
    fn allows(&self, certificate: &CertificateDer<'_>) -> bool {
        match self {
            Allowed::All => true,
            Allowed::CommonNames(names) => Leaf::read(certificate)
                .is_some_and(|leaf| names.iter().any(|name| **name == *leaf.common_name)),
            Allowed::Hosts(hosts) => {
                ParsedCertificate::try_from(certificate).is_ok_and(|certificate| {
                    hosts.iter().any(|host| {
                        ServerName::try_from(host.as_str())
                            .is_ok_and(|host| verify_server_name(&certificate, &host).is_ok())
                    })
                })
            }
        }
    }
}

impl ClientCertVerifier for Named {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.trusted.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.trusted.verify_client_cert(certificate, others, now)?;
        if !self.allowed.allows(certificate) {
            return Err(CertificateError::NotValidForName.into());
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.trusted.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.trusted.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trusted.supported_verify_schemes()
    }
}
