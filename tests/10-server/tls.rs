//! Handshakes: who is let in, who is not, and what is said of it.

use crate::certificates::{Authority, Client, Pair, SERVER, Said, client, write};
use crate::member::place;
use harness::check;
use server::tls::{Error, Options, Peer, Refused, Tls, Version};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{CipherSuite, ClientConfig, ProtocolVersion};

/// A member's side, with its files.
struct Side {
    authority: Authority,
    place: TempDir,
    options: Options,
}

impl Side {
    /// One that asks no client who it is.
    fn new() -> Side {
        let (authority, place) = (Authority::new("authority"), place());
        let pair = authority.server();
        let options = Options {
            cert_file: Some(write(place.path(), "server.pem", &pair.certificate)),
            key_file: Some(write(place.path(), "server.key", &pair.key)),
            ..Options::default()
        };
        Side { authority, place, options }
    }

    /// One that asks all of them.
    fn asking() -> Side {
        let mut side = Side::new();
        let file = write(side.place.path(), "authority.pem", &side.authority.certificate);
        side.options.trusted_ca_file = Some(file);
        side.options.client_cert_auth = true;
        side
    }

    fn client(&self) -> Client {
        client(&self.authority)
    }

    fn signs(&self, said: Said) -> Pair {
        self.authority.sign(&said)
    }

    fn tls(&self) -> Tls {
        start(&self.options, self.place.path()).expect("it can be")
    }
}

fn start(options: &Options, place: &Path) -> Result<Tls, Error> {
    Tls::new(options, &place.join("own"), &["127.0.0.1".to_owned()], true)
}

/// What the client saw of a handshake that went well, and what the member did.
struct Shaken {
    peer: Peer,
    version: ProtocolVersion,
    suite: CipherSuite,
    certificate: Vec<u8>,
}

/// Both sides of one.
fn shake(tls: &Tls, config: Arc<ClientConfig>) -> Result<Shaken, Refused> {
    let runtime = Builder::new_current_thread().enable_all().build().expect("there is room");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let address = listener.local_addr().expect("it has one");
        let client = async {
            let stream = TcpStream::connect(address).await.expect("somebody listens");
            let name = "localhost".try_into().expect("it is a name");
            TlsConnector::from(config).connect(name, stream).await
        };
        let member = async {
            let (stream, _) = listener.accept().await.expect("somebody comes");
            tls.accept(stream).await
        };
        let (client, member) = tokio::join!(client, member);
        let (_, peer) = member?;
        let stream = client.expect("the member was content");
        let seen = stream.get_ref().1;
        Ok(Shaken {
            peer,
            version: seen.protocol_version().expect("it is known by now"),
            suite: seen.negotiated_cipher_suite().expect("it is known by now").suite(),
            certificate: seen.peer_certificates().expect("it has one")[0].to_vec(),
        })
    })
}

/// Why somebody was refused.
fn refusal(tls: &Tls, config: Arc<ClientConfig>) -> Refused {
    match shake(tls, config) {
        Ok(_) => panic!("it was let in"),
        Err(refused) => refused,
    }
}

fn why(tls: &Tls, config: Arc<ClientConfig>) -> String {
    refusal(tls, config).why.expect("it did not just go")
}

fn user(shaken: &Shaken) -> Option<&str> {
    shaken.peer.user.as_deref()
}

#[test]
fn without_an_authority_nobody_is_asked() {
    check(|| {
        let side = Side::new();
        let tls = side.tls();
        let shaken = shake(&tls, side.client().http2()).expect("it may");
        assert_eq!(user(&shaken), None);
        assert!(shaken.peer.is_http2);
        assert_eq!(shaken.version, ProtocolVersion::TLSv1_3);
        let shown = side.client().shows(side.signs(Said::default()));
        assert_eq!(user(&shake(&tls, shown.http2()).expect("it may")), None);
    });
}

#[test]
fn http_1_is_spoken_with_who_does_not_ask_for_2() {
    check(|| {
        let side = Side::new();
        let tls = side.tls();
        for (protocols, is_http2) in
            [(&["h2", "http/1.1"][..], true), (&["http/1.1"], false), (&[], false)]
        {
            let shaken = shake(&tls, side.client().says(protocols)).expect("it may");
            assert_eq!(shaken.peer.is_http2, is_http2, "{protocols:?}");
        }
        let why = why(&tls, side.client().says(&["gopher"]));
        assert_eq!(why, "tls: client requested unsupported application protocols");
    });
}

#[test]
fn a_certificate_names_the_user() {
    check(|| {
        let mut side = Side::asking();
        let names = |side: &Side, said| {
            let shown = side.client().shows(side.signs(said));
            let shaken = shake(&side.tls(), shown.http2()).expect("it may");
            user(&shaken).map(str::to_owned)
        };
        assert_eq!(names(&side, Said::default()).as_deref(), Some("alice"));
        let any_usage = Said { usage: None, ..Said::default() };
        assert_eq!(names(&side, any_usage).as_deref(), Some("alice"), "it may be used for all");
        let empty = Said { name: "", ..Said::default() };
        assert_eq!(names(&side, empty).as_deref(), Some(""), "a user without a name");
        side.options.client_cert_auth = false;
        assert_eq!(names(&side, Said::default()), None, "certificates name nobody");
    });
}

#[test]
fn a_certificate_may_have_to_say_where_its_owner_is() {
    check(|| {
        let mut side = Side::asking();
        let shows = |side: &Side, hosts: &[&str]| {
            let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
            let shown = side.signs(Said { hosts, ..Said::default() });
            shake(&side.tls(), side.client().shows(shown).http2())
        };
        let elsewhere = ["10.9.9.9", "10.9.9.8"];
        shows(&side, &elsewhere).expect("nobody looks from where clients come");
        side.options.checks_address = true;
        let refused = shows(&side, &elsewhere).err().expect("it is not there");
        let why = "x509: certificate is valid for 10.9.9.9, 10.9.9.8, not 127.0.0.1";
        assert_eq!(refused.why.as_deref(), Some(why));
        assert_eq!(refused.ip_addresses.len(), 2);
        shows(&side, &["10.9.9.9", "127.0.0.1"]).expect("it is at one of them");
        shows(&side, &["10.9.9.9", "localhost"]).expect("its name is found there");
        shows(&side, &[]).expect("it says nothing of it");
        let refused = shows(&side, &["*.localhost"]).err().expect("the address has no such name");
        let why = r#"tls: "127.0.0.1" does not match any of DNSNames ["*.localhost"]"#;
        assert_eq!(refused.why.as_deref(), Some(why));
        assert_eq!(refused.dns_names, ["*.localhost"]);
    });
}

#[test]
fn a_certificate_has_to_be_good() {
    check(|| {
        let side = Side::asking();
        let tls = side.tls();
        let other = Authority::new("other");
        let imposter = Authority::new("authority");
        let unverified = "tls: failed to verify certificate: x509: certificate";
        for (version, shown, expected) in [
            (&TLS13, None, "tls: client didn't provide a certificate".to_owned()),
            (&TLS12, None, "tls: client didn't provide a certificate".to_owned()),
            (
                &TLS13,
                Some(other.sign(&Said::default())),
                format!("{unverified} signed by unknown authority"),
            ),
            (
                &TLS12,
                Some(imposter.sign(&Said::default())),
                format!("{unverified} signed by unknown authority"),
            ),
            (
                &TLS13,
                Some(side.signs(Said { ends: 2001, ..Said::default() })),
                format!("{unverified} has expired or is not yet valid: current time "),
            ),
            (
                &TLS12,
                Some(side.signs(Said { usage: Some(SERVER), ..Said::default() })),
                format!("{unverified} specifies an incompatible key usage"),
            ),
        ] {
            let client = side.client().only(version);
            let client = match shown {
                Some(pair) => client.shows(pair),
                None => client,
            };
            let refused = refusal(&tls, client.http2());
            let why = refused.why.expect("it did not just go");
            assert!(why.starts_with(&expected), "{why}");
            assert!(
                !expected.ends_with("time ") || why.ends_with(" is after 2001-01-01T00:00:00Z")
            );
            assert_eq!(refused.server_name, "localhost");
        }
    });
}

#[test]
fn a_certificate_has_to_have_an_allowed_name() {
    check(|| {
        let mut side = Side::asking();
        let shown = |side: &Side, name| {
            let said = Said { name, ..Said::default() };
            shake(&side.tls(), side.client().shows(side.signs(said)).http2())
        };
        side.options.allowed_cn = vec!["bob".to_owned(), "alice".to_owned()];
        assert!(shown(&side, "alice").is_ok());
        let refused = shown(&side, "eve").err().expect("she is not on the list");
        assert_eq!(refused.why.as_deref(), Some("client certificate authentication failed"));
        side.options.allowed_cn.clear();
        for (host, is_allowed) in [("localhost", true), ("127.0.0.1", true), ("other", false)] {
            side.options.allowed_hostname = vec!["another".to_owned(), host.to_owned()];
            assert_eq!(shown(&side, "eve").is_ok(), is_allowed, "{host}");
        }
        // Nobody shows anything, so nobody is looked at.
        side.options.trusted_ca_file = None;
        side.options.client_cert_auth = false;
        assert!(shown(&side, "eve").is_ok());
    });
}

#[test]
fn a_revoked_certificate_is_refused_from_then_on() {
    check(|| {
        let mut side = Side::asking();
        let list = side.place.path().join("revoked");
        side.options.crl_file = Some(list.clone());
        // The list is not read before somebody comes.
        let tls = side.tls();
        let shown = |number| {
            let said = Said { number, ..Said::default() };
            shake(&tls, side.client().shows(side.signs(said)).http2()).map(|_| ())
        };
        let why = |number| shown(number).expect_err("it was revoked").why.expect("it is said");
        assert_eq!(why(7), format!("open {}: no such file or directory", list.display()));
        write(side.place.path(), "revoked", side.authority.revoke(&[1, 2]).0);
        assert!(shown(7).is_ok());
        write(side.place.path(), "revoked", side.authority.revoke(&[1, 0xc0ffee]).0);
        assert!(shown(7).is_ok());
        let refused = shown(0xc0ffee).expect_err("it was revoked");
        let expected = "transport: certificate serial c0ffee revoked";
        assert_eq!(refused.why.as_deref(), Some(expected));
        assert_eq!(refused.dns_names, ["localhost"]);
        assert_eq!(refused.ip_addresses, ["127.0.0.1".parse::<std::net::IpAddr>().unwrap()]);
        // Whose number it is, nobody asks.
        write(side.place.path(), "revoked", Authority::new("other").revoke(&[7]).0);
        assert_eq!(why(7), "transport: certificate serial 07 revoked");
        write(side.place.path(), "revoked", side.authority.revoke(&[1]).1);
        assert_eq!(why(7), "x509: malformed crl", "it is in PEM");
    });
}

#[test]
fn whoever_shows_nothing_is_not_on_the_list() {
    check(|| {
        let mut side = Side::new();
        side.options.crl_file = Some(side.place.path().join("nowhere"));
        assert!(shake(&side.tls(), side.client().http2()).is_ok());
    });
}

#[test]
fn a_certificate_is_renewed_while_the_member_runs() {
    check(|| {
        let side = Side::new();
        let tls = side.tls();
        let shown = || shake(&tls, side.client().http2()).map(|shaken| shaken.certificate);
        let first = shown().expect("it may");
        assert_eq!(shown().expect("it may"), first);
        let renewed = side.authority.server();
        write(side.place.path(), "server.pem", &renewed.certificate);
        let why = shown().expect_err("the key is still the old one").why;
        assert_eq!(why.as_deref(), Some("tls: private key does not match public key"));
        write(side.place.path(), "server.key", &renewed.key);
        assert_ne!(shown().expect("it may"), first);
    });
}

#[test]
fn versions_and_ciphers_are_as_told() {
    check(|| {
        let mut side = Side::new();
        let unsupported = "tls: client offered only unsupported versions";
        side.options.min_version = Version::Tls13;
        assert_eq!(why(&side.tls(), side.client().only(&TLS12).http2()), unsupported);
        side.options.min_version = Version::Tls12;
        side.options.max_version = Some(Version::Tls12);
        let shaken = shake(&side.tls(), side.client().http2()).expect("it may");
        assert_eq!(shaken.version, ProtocolVersion::TLSv1_2);
        assert_eq!(why(&side.tls(), side.client().only(&TLS13).http2()), unsupported);
        side.options.cipher_suites = ["RSA_WITH_AES_128_CBC_SHA", "ECDSA_WITH_AES_128_GCM_SHA256"]
            .map(|name| format!("TLS_ECDHE_{name}"))
            .to_vec();
        let shaken = shake(&side.tls(), side.client().http2()).expect("it may");
        assert_eq!(shaken.suite, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    });
}

/// What is said at the start, with these options changed.
fn said(side: &Side, change: impl FnOnce(&mut Options)) -> String {
    let mut options = side.options.clone();
    change(&mut options);
    start(&options, side.place.path()).err().expect("it cannot be").to_string()
}

#[test]
fn files_that_cannot_be_are_told_at_the_start() {
    check(|| {
        let side = Side::asking();
        let place = side.place.path();
        let (empty, nowhere) = (write(place, "empty", ""), place.join("nowhere"));
        let other = write(place, "other.key", side.signs(Said::default()).key);
        let missing = format!("open {}: no such file or directory", nowhere.display());
        let without = said(&side, |options| options.cert_file = Some(nowhere.clone()));
        assert_eq!(without, missing);
        let without = said(&side, |options| options.key_file = Some(nowhere.clone()));
        assert_eq!(without, missing);
        let without = said(&side, |options| options.trusted_ca_file = Some(nowhere));
        assert_eq!(without, missing);
        let directory = said(&side, |options| options.key_file = Some(place.to_owned()));
        assert_eq!(directory, format!("read {}: is a directory", place.display()));
        let nothing = said(&side, |options| options.cert_file = Some(empty.clone()));
        assert_eq!(nothing, "tls: failed to find any PEM data in certificate input");
        let nothing = said(&side, |options| options.key_file = Some(empty.clone()));
        assert_eq!(nothing, "tls: failed to find any PEM data in key input");
        let nobody = said(&side, |options| options.trusted_ca_file = Some(empty.clone()));
        assert!(nobody.starts_with(&format!("{}: there is no cert", empty.display())), "{nobody}");
        let other = said(&side, |options| options.key_file = Some(other));
        assert_eq!(other, "tls: private key does not match public key");
        let certificate = side.options.cert_file.clone().expect("it has one");
        let half = said(&side, |options| options.key_file = None);
        let both = "KeyFile and CertFile must both be present";
        assert_eq!(half, format!("{both}[key: , cert: {}]", certificate.display()));
        let none = said(&side, |options| (options.cert_file, options.key_file) = (None, None));
        assert_eq!(none, "TLS key/cert (--cert-file, --key-file) must be provided");
    });
}

#[test]
fn options_that_cannot_be_are_told_at_the_start() {
    check(|| {
        let side = Side::asking();
        let suites =
            |name: &str| said(&side, |options| options.cipher_suites = vec![format!("TLS_{name}")]);
        assert_eq!(suites("NOPE"), "unexpected TLS cipher suite \"TLS_NOPE\"");
        let missing = "http2: TLSConfig.CipherSuites is missing an HTTP/2-required";
        assert!(suites("AES_128_GCM_SHA256").starts_with(missing));
        assert!(suites("ECDHE_RSA_WITH_AES_256_GCM_SHA384").starts_with(missing));
        let turned = said(&side, |options| {
            (options.min_version, options.max_version) = (Version::Tls13, Some(Version::Tls12));
        });
        assert_eq!(turned, "min version (TLS1.3) is greater than max version (TLS1.2)");
        let idle = said(&side, |options| {
            options.min_version = Version::Tls13;
            options.cipher_suites = vec!["TLS_AES_128_GCM_SHA256".to_owned()];
        });
        assert_eq!(idle, "cipher suites cannot be configured when only TLS1.3 is enabled");
        let two = said(&side, |options| {
            options.allowed_cn = vec!["a".to_owned()];
            options.allowed_hostname = vec!["b".to_owned(), "c".to_owned()];
        });
        let kinds = "AllowedCNs and AllowedHostnames are mutually exclusive";
        assert_eq!(two, format!("{kinds} (cns=[\"a\"], hostnames=[\"b\" \"c\"])"));
        let unknown = "TLS1.1".parse::<Version>().expect_err("nobody speaks it").to_string();
        let expected = "unexpected TLS version \"TLS1.1\" (must be one of: TLS1.2, TLS1.3)";
        assert_eq!(unknown, expected);
    });
}

#[test]
fn a_member_makes_a_certificate_of_its_own_once() {
    use std::os::unix::fs::PermissionsExt;
    check(|| {
        let place = place();
        let options = Options { auto: true, ..Options::default() };
        start(&options, place.path()).map(|_| ()).expect("it can be");
        let file = |name: &str| place.path().join("own").join(name);
        let mode = |name| file(name).metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode("cert.pem"), mode("key.pem")), (0o644, 0o600));
        let read = || std::fs::read(file("cert.pem")).expect("it is there");
        let first = read();
        start(&options, place.path()).map(|_| ()).expect("it can be");
        assert_eq!(read(), first, "it is kept");
        std::fs::remove_file(file("key.pem")).expect("it is there");
        start(&options, place.path()).map(|_| ()).expect("it can be");
        assert_ne!(read(), first, "the key of that one is gone");
        let none = Options { self_signed_years: 0, ..options };
        let error = start(&none, place.path()).err().expect("it cannot be").to_string();
        assert_eq!(error, "selfSignedCertValidity is invalid,it should be greater than 0");
    });
}
