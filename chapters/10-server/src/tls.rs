//! TLS, as etcd has it.
//!
//! Owns [`Options`], what a member is told of it, and [`Tls`], which makes a stream that nobody
//! else can read of a connection, and says who is at its other end; [`Dialer`] does the same where
//! the member has connected itself. The certificate may be renewed
//! while the member runs, and so may the list of those that were revoked. Who is trusted is read
//! once.
//!
//! No handshake leans on an earlier one: rustls would take a client's word from before a
//! revocation for granted.
//!
//! What rustls and ring do not have, a member does not have either: keys on P-521, chained blocks,
//! ciphers of TLS 1.2 that need the server's key alone, clients that show the certificate of an
//! authority, or one for every usage that there is. And what they do not tell is not in the words
//! that a refusal leaves behind: which versions, protocols or ciphers a client has offered.
//!
//! Left to others: where connections come from (`serve`), and what is said on them.

use error::{NOT_TLS, listed};
use files::Fresh;
use leaf::{Leaf, Revoked};
use pair::Pair;
use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::SupportedProtocolVersion;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{
    Acceptor, ClientHello, NoClientAuth, NoServerSessionStorage, ServerConfig,
};
use tokio_rustls::server::TlsStream;

mod address;
mod clients;
mod dialer;
mod error;
mod files;
mod leaf;
mod own;
mod pair;
mod roots;
mod suites;

pub use dialer::Dialer;
pub use error::{Error, Refused};
pub use suites::{Version, is_known as is_known_suite};

/// What a member is told of TLS with one side: its clients, or other members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Who it is, in PEM.
    pub cert_file: Option<PathBuf>,
    /// The key of that.
    pub key_file: Option<PathBuf>,
    /// Who it is where it is a client itself, if not the same.
    pub own_cert_file: Option<PathBuf>,
    /// The key of that.
    pub own_key_file: Option<PathBuf>,
    /// Clients show certificates, and are the users that those name.
    pub client_cert_auth: bool,
    /// Who signs the certificates of clients, in PEM. If it is given, they show certificates.
    pub trusted_ca_file: Option<PathBuf>,
    /// Which certificates of clients are not valid any more, in DER.
    pub crl_file: Option<PathBuf>,
    /// A client's certificate has one of these common names, if there is any.
    pub allowed_cn: Vec<String>,
    /// A client's certificate is valid for one of these hosts, if there is any.
    pub allowed_hostname: Vec<String>,
    /// A client's certificate is valid for the address from which it comes, if it is for any.
    pub checks_address: bool,
    /// The member makes a certificate of its own, if none is given.
    pub auto: bool,
    /// For so many years.
    pub self_signed_years: u64,
    /// The oldest version that is spoken.
    pub min_version: Version,
    /// The newest one, if not the newest that there is.
    pub max_version: Option<Version>,
    /// Ciphers for TLS 1.2, by Go's names. All that there are, if none is named.
    pub cipher_suites: Vec<String>,
}

impl Default for Options {
    /// As etcd does without any flag.
    fn default() -> Options {
        Options {
            cert_file: None,
            key_file: None,
            own_cert_file: None,
            own_key_file: None,
            client_cert_auth: false,
            trusted_ca_file: None,
            crl_file: None,
            allowed_cn: Vec::new(),
            allowed_hostname: Vec::new(),
            checks_address: false,
            auto: false,
            self_signed_years: 1,
            min_version: Version::Tls12,
            max_version: None,
            cipher_suites: Vec::new(),
        }
    }
}

impl Options {
    /// Is there no certificate, and will none be made?
    pub fn is_empty(&self) -> bool {
        self.cert_file.is_none() && self.key_file.is_none() && !self.auto
    }

    /// Is a certificate made?
    pub fn makes_own(&self) -> bool {
        self.auto && self.cert_file.is_none() && self.key_file.is_none()
    }

    /// Is there a contradiction in it? This much can be said without looking at any file.
    pub fn check(&self) -> Result<(), Error> {
        if self.min_version > self.newest() {
            return Err(Error::Versions);
        }
        if self.min_version == Version::Tls13 && !self.cipher_suites.is_empty() {
            return Err(Error::SuitesOfNothing);
        }
        if !self.allowed_cn.is_empty() && !self.allowed_hostname.is_empty() {
            let (cns, hostnames) = (listed(&self.allowed_cn), listed(&self.allowed_hostname));
            return Err(Error::TwoKindsOfNames { cns, hostnames });
        }
        Ok(())
    }

    fn newest(&self) -> Version {
        self.max_version.unwrap_or(Version::Tls13)
    }

    /// Where the certificate is, and its key.
    fn certificate(&self, own: &Path, hosts: &[String]) -> Result<Vec<PathBuf>, Error> {
        match (&self.cert_file, &self.key_file) {
            (Some(certificate), Some(key)) => Ok(vec![certificate.clone(), key.clone()]),
            (None, None) if self.makes_own() => {
                let (certificate, key) = own::certificate(own, hosts, self.self_signed_years)?;
                Ok(vec![certificate, key])
            }
            (None, None) => Err(Error::Absent),
            (Some(_), None) | (None, Some(_)) => {
                Err(Error::Half { key: named(&self.key_file), certificate: named(&self.cert_file) })
            }
        }
    }

    fn clients(&self, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, Error> {
        if !self.client_cert_auth && self.trusted_ca_file.is_none() {
            return Ok(Arc::new(NoClientAuth));
        }
        let allowed = match (&self.allowed_cn[..], &self.allowed_hostname[..]) {
            ([], []) => clients::Allowed::All,
            ([], hosts) => clients::Allowed::Hosts(hosts.to_vec()),
            (names, _) => clients::Allowed::CommonNames(names.to_vec()),
        };
        clients::verifier(self.trusted_ca_file.as_deref(), allowed, provider)
    }
}

impl fmt::Display for Options {
    /// As etcd's log has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cert = {}, key = {}, client-cert={}, client-key={}, trusted-ca = {}, \
             client-cert-auth = {}, crl-file = {}",
            named(&self.cert_file),
            named(&self.key_file),
            named(&self.own_cert_file),
            named(&self.own_key_file),
            named(&self.trusted_ca_file),
            self.client_cert_auth,
            named(&self.crl_file),
        )
    }
}

/// Where a file is, or nothing.
fn named(file: &Option<PathBuf>) -> String {
    file.as_ref().map_or_else(String::new, |file| file.display().to_string())
}

/// What a member needs for handshakes.
pub struct Tls {
    config: Fresh<Arc<ServerConfig>>,
    revoked: Option<Fresh<Revoked>>,
    /// Certificates name users.
    names_users: bool,
    checks_address: bool,
}

/// Who is at the other end of a connection.
pub struct Peer {
    /// The user whom the client's certificate names, if certificates name users. It may be nobody.
    pub user: Option<Arc<str>>,
    /// They agreed on HTTP/2.
    pub is_http2: bool,
}

impl Tls {
    /// Reads what it was told. A certificate of its own is in this directory, and for these hosts.
    /// If `http` is spoken, and not gRPC alone, ciphers have to fit.
    pub fn new(options: &Options, own: &Path, hosts: &[String], http: bool) -> Result<Tls, Error> {
        options.check()?;
        suites::check(&options.cipher_suites, http)?;
        let places = options.certificate(own, hosts)?;
        let provider = suites::provider(&options.cipher_suites);
        let versions = suites::versions(options.min_version, options.newest());
        let clients = options.clients(provider.clone())?;
        let config = Fresh::new(places, move |files| {
            config(files, &provider, &versions, clients.clone()).map(Arc::new)
        });
        // A file that is missing now is told to whoever starts the member, and not to its clients.
        config.get()?;
        let revoked = options.crl_file.as_ref();
        let revoked =
            revoked.map(|place| Fresh::new(vec![place.clone()], |files| Revoked::read(&files[0])));
        let (names_users, checks_address) = (options.client_cert_auth, options.checks_address);
        Ok(Tls { config, revoked, names_users, checks_address })
    }

    /// Shakes hands. Whoever calls has a limit for it.
    pub async fn accept(&self, stream: TcpStream) -> Result<(TlsStream<TcpStream>, Peer), Refused> {
        let mut hello = pin!(LazyConfigAcceptor::new(Acceptor::default(), stream));
        let hello = match hello.as_mut().await {
            Ok(hello) => hello,
            Err(error) => {
                hello.take_io().iter().for_each(leave);
                return Err(Refused::broken(&error));
            }
        };
        let server_name = name(&hello.client_hello());
        let with_name = |refused| Refused { server_name: server_name.clone(), ..refused };
        let config = self.config.get();
        let config = config.map_err(|error| with_name(Refused::unheard(error)))?;
        let stream = hello.into_stream(config.as_ref().clone()).into_fallible().await;
        let stream = stream.map_err(|(error, stream)| {
            leave(&stream);
            with_name(Refused::broken(&error))
        })?;
        let peer = match self.look(&stream).await {
            Ok(peer) => peer,
            Err(refused) => return Err(with_name(refused)),
        };
        Ok((stream, peer))
    }

    /// Who is it? The handshake has verified whatever certificate there is.
    async fn look(&self, stream: &TlsStream<TcpStream>) -> Result<Peer, Refused> {
        let (tcp, connection) = stream.get_ref();
        let is_http2 = connection.alpn_protocol() == Some(b"h2");
        let Some([first, ..]) = connection.peer_certificates() else {
            return Ok(Peer { user: None, is_http2 });
        };
        let leaf = Leaf::read(first).ok_or_else(|| Refused::unheard(Error::Unreadable))?;
        let shown = connection.peer_certificates().unwrap_or_default();
        let checked = match self.checks_address {
            true => address::check(&leaf, tcp.peer_addr()).await,
            false => Ok(()),
        };
        if let Err(error) = checked.and_then(|()| self.check_revoked(shown)) {
            let Leaf { dns_names, ip_addresses, .. } = leaf;
            return Err(Refused { dns_names, ip_addresses, ..Refused::unheard(error) });
        }
        let user = self.names_users.then_some(leaf.common_name);
        Ok(Peer { user, is_http2 })
    }

    fn check_revoked(&self, shown: &[CertificateDer<'_>]) -> Result<(), Error> {
        let Some(revoked) = &self.revoked else { return Ok(()) };
        let revoked = revoked.get()?;
        shown.iter().try_for_each(|certificate| revoked.check(certificate))
    }
}

/// It does not even begin to speak TLS. It is told nothing.
pub fn not_tls(stream: &TcpStream) -> Refused {
    leave(stream);
    Refused::unheard(format!("tls: {NOT_TLS}"))
}

/// Reads what a client has said already, before its stream is closed. If it were left there, the
/// system would take back what the client was told, and say that the connection is broken.
fn leave(stream: &TcpStream) {
    let mut bytes = [0; 4 << 10];
    // A client that says more than that is not one that listens.
    let _ = (0..4).try_for_each(|_| stream.try_read(&mut bytes).map(|_| ()));
}

/// Whom a client asks for.
fn name(hello: &ClientHello<'_>) -> String {
    hello.server_name().unwrap_or_default().to_owned()
}

/// How a handshake goes, with what is in these two files.
fn config(
    files: &[Vec<u8>],
    provider: &Arc<CryptoProvider>,
    versions: &[&'static SupportedProtocolVersion],
    clients: Arc<dyn ClientCertVerifier>,
) -> Result<ServerConfig, Error> {
    let Pair { chain, key } = Pair::read(files)?;
    let mut config = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .map_err(Error::pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}
