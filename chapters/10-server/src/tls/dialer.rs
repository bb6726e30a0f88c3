//! TLS where a member is the client: of another member.
//!
//! Owns [`Dialer`]. Whom it calls shows a certificate that somebody trusted has signed, for the
//! host that was called; and the member shows its own. Who has made a certificate for itself looks
//! at nobody's, and has none that anybody would trust.

use super::error::Error;
use super::files::Fresh;
use super::pair::Pair;
use super::{Options, named, roots, suites};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{ClientConfig, Resumption, WebPkiServerVerifier};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion,
};

/// What a member needs to call others.
pub struct Dialer {
    config: Fresh<Arc<ClientConfig>>,
}

impl Dialer {
    /// Reads what it was told. Whom the system trusts is read once it is needed.
    pub fn new(options: &Options) -> Result<Dialer, Error> {
        options.check()?;
        suites::check(&options.cipher_suites, false)?;
        let provider = suites::provider(&options.cipher_suites);
        let versions = suites::versions(options.min_version, options.newest());
        let places = shown(options)?;
        let is_told = !places.is_empty() || options.trusted_ca_file.is_some();
        let (authorities, trusts_all) = (options.trusted_ca_file.clone(), options.makes_own());
        let known: OnceLock<Arc<dyn ServerCertVerifier>> = OnceLock::new();
        let config = Fresh::new(places, move |files| {
            let verifier = match known.get() {
                Some(verifier) => verifier.clone(),
                None if trusts_all => Arc::new(Everybody(provider.clone())),
                None => {
                    let roots = Arc::new(roots::read(authorities.as_deref())?);
                    let built =
                        WebPkiServerVerifier::builder_with_provider(roots, provider.clone());
                    built.build().map_err(|_| roots::nobody(authorities.as_deref()))?
                }
            };
            known.get_or_init(|| verifier.clone());
            config(files, &provider, &versions, verifier).map(Arc::new)
        });
        if is_told {
            config.get()?;
        }
        Ok(Dialer { config })
    }

    /// Shakes hands with whoever is at the other end, if it is this host. Whoever calls has a limit
    /// for it.
    pub async fn secure(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        let config = self.config.get().map_err(io::Error::other)?;
        TlsConnector::from(config.as_ref().clone()).connect(name, stream).await
    }
}

/// Where the certificate is that is shown, and its key; nothing, if none is.
fn shown(options: &Options) -> Result<Vec<PathBuf>, Error> {
    match (&options.own_cert_file, &options.own_key_file) {
        (Some(certificate), Some(key)) => return Ok(vec![certificate.clone(), key.clone()]),
        (Some(_), None) | (None, Some(_)) => {
            let (certificate, key) = (named(&options.own_cert_file), named(&options.own_key_file));
            return Err(Error::HalfOfOwn { key, certificate });
        }
        (None, None) => {}
    }
    match (&options.cert_file, &options.key_file) {
        (Some(certificate), Some(key)) => Ok(vec![certificate.clone(), key.clone()]),
        (None, None) => Ok(Vec::new()),
        (Some(_), None) | (None, Some(_)) => {
            let (certificate, key) = (named(&options.cert_file), named(&options.key_file));
            Err(Error::Half { key, certificate })
        }
    }
}

/// How a handshake goes, with what is in these two files, if there are any.
fn config(
    files: &[Vec<u8>],
    provider: &Arc<CryptoProvider>,
    versions: &[&'static SupportedProtocolVersion],
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, Error> {
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = if files.is_empty() {
        config.with_no_client_auth()
    } else {
        let Pair { chain, key } = Pair::read(files)?;
        config.with_client_auth_cert(chain, key).map_err(Error::pair)?
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Looks at nobody's certificate. Whoever shows one has its key, though.
#[derive(Debug)]
struct Everybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Everybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
