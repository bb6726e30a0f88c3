//! Members that speak TLS with each other: who is one of them, and who is not.

use crate::certificates::{Authority, CLIENT, Pair, SERVER, Said, client, write};
use crate::client::Client;
use crate::cluster::{Plan, get, hash, put};
use crate::member::Member;
use api::cluster_client::ClusterClient;
use api::{MemberAddRequest, RangeRequest};
use harness::check;
use server::Config;
use server::config::{Founder, State, Url};
use server::journal::{self, Journal, Output};
use server::tls::Options;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use tokio::runtime::Builder;
use tokio_rustls::TlsConnector;

/// A plan whose members have certificates.
struct Secret {
    plan: Plan,
    authority: Authority,
}

impl Secret {
    fn of(count: usize) -> Secret {
        let (plan, authority) = (Plan::of(count), Authority::new("authority"));
        write(plan.place.path(), "ca.pem", &authority.certificate);
        Secret { plan, authority }
    }

    fn place(&self) -> &Path {
        self.plan.place.path()
    }

    /// For which hosts a member's certificate is. On the way to others it is at 127.0.0.1.
    fn hosts(&self, number: usize) -> Vec<String> {
        let peer = self.plan.peer(number);
        let (host, _) = peer.rsplit_once(':').expect("there is a port");
        vec![host.to_owned(), "127.0.0.1".to_owned()]
    }

    /// A certificate of a member's.
    fn pair(&self, number: usize, authority: &Authority) -> Pair {
        let hosts = self.hosts(number);
        authority.sign(&Said { name: "member", usage: None, hosts, ..Said::default() })
    }

    /// Writes both to files.
    fn write(&self, name: &str, pair: &Pair) -> (Option<PathBuf>, Option<PathBuf>) {
        let certificate = write(self.place(), &format!("{name}.pem"), &pair.certificate);
        let key = write(self.place(), &format!("{name}.key"), &pair.key);
        (Some(certificate), Some(key))
    }

    /// Whoever comes needs a certificate of the authority's.
    fn tls(&self, number: usize) -> Options {
        let pair = self.pair(number, &self.authority);
        let (cert_file, key_file) = self.write(&format!("m{number}"), &pair);
        Options {
            cert_file,
            key_file,
            client_cert_auth: true,
            trusted_ca_file: Some(self.place().join("ca.pem")),
            checks_address: true,
            ..Options::default()
        }
    }

    /// How a member is to be that was told this of TLS. What it says is in a file.
    fn config(&self, number: usize, peer_tls: Options) -> Config {
        let mut config = self.plan.config(number);
        let secret = |url: &str| url.replace("http://", "https://");
        config.peer_urls = config.peer_urls.iter().map(|url| secret(url)).collect();
        config.listen_peers.iter_mut().for_each(|place| place.tls = true);
        for Founder { urls, .. } in &mut config.initial_cluster {
            for url in urls {
                *url = Url::parse(&secret(url.text())).expect("it is one");
            }
        }
        let outputs = vec![Output::File(self.journal(number))];
        let journal = Journal::open(&journal::Options { outputs, ..Default::default() });
        config.journal = journal.expect("there is room");
        Config { peer_tls, ..config }
    }

    fn journal(&self, number: usize) -> PathBuf {
        self.place().join(format!("m{number}.log"))
    }

    /// Waits until a member has refused somebody for this reason.
    fn wait_for_refusal(&self, number: usize, why: &str) {
        self.wait_for(number, |line| {
            line.contains("rejected connection on peer endpoint") && line.contains(why)
        });
    }

    /// Waits until a member has said this.
    fn wait_for(&self, number: usize, is_it: impl Fn(&str) -> bool) {
        while !fs::read_to_string(self.journal(number)).is_ok_and(|all| all.lines().any(&is_it)) {}
    }
}

/// Starts members at once: none of them is ready alone.
fn start(configs: impl IntoIterator<Item = Config>) -> Vec<(Member, Client)> {
    let starting = configs.into_iter().map(|config| thread::spawn(|| Member::start(config)));
    let starting: Vec<_> = starting.collect();
    let members = starting.into_iter().map(|thread| thread.join().expect("it starts"));
    let with_client = |member: Member| {
        let client = member.client();
        (member, client)
    };
    members.map(with_client).collect()
}

fn stop(members: Vec<(Member, Client)>) {
    for (member, client) in members {
        drop(client);
        member.stop();
    }
}

/// What is written at each of them is there at all of them.
fn assert_they_agree(all: &mut [(Member, Client)]) {
    for at in 0..all.len() {
        let key = format!("by {at}");
        put(&mut all[at].1, &key, "there").expect("it can be written at any member");
        for (_, client) in all.iter_mut() {
            assert_eq!(get(client, &key).as_deref(), Some("there"), "read at another one");
        }
    }
    let hashes: Vec<(u32, i64)> = all.iter_mut().map(|(_, client)| hash(client)).collect();
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
}

#[test]
fn members_that_know_each_other_by_certificates_agree() {
    check(|| {
        let secret = Secret::of(3);
        let configs = (1..=3).map(|number| {
            let mut tls = secret.tls(number);
            if number == 1 {
                // It has one certificate for those who come, and one for those whom it calls.
                let said = |usage| {
                    let hosts = secret.hosts(number);
                    Said { name: "member", usage: Some(usage), hosts, ..Said::default() }
                };
                let comes = secret.authority.sign(&said(SERVER));
                (tls.cert_file, tls.key_file) = secret.write("comes", &comes);
                let calls = secret.authority.sign(&said(CLIENT));
                (tls.own_cert_file, tls.own_key_file) = secret.write("calls", &calls);
            }
            secret.config(number, tls)
        });
        let mut all = start(configs);
        assert_they_agree(&mut all);

        // Whoever does not speak TLS is told nothing, and whoever has no certificate neither.
        let peer = secret.plan.peer(1);
        let mut stream = TcpStream::connect(&peer).expect("it listens");
        stream.write_all(b"GET /members HTTP/1.1\r\nHost: m1\r\n\r\n").expect("there is room");
        let mut told = Vec::new();
        stream.read_to_end(&mut told).expect("it ends");
        assert_eq!(String::from_utf8_lossy(&told), "");
        secret.wait_for_refusal(1, "tls: first record does not look like a TLS handshake");
        let runtime = Builder::new_current_thread().enable_all().build().expect("there is room");
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(&peer).await.expect("it listens");
            let name = "127.0.0.1".try_into().expect("it is a name");
            let config = client(&secret.authority).http2();
            // With TLS 1.3, only the member knows by now that it does not go on.
            let _ = TlsConnector::from(config).connect(name, stream).await;
        });
        secret.wait_for_refusal(1, "tls: client didn't provide a certificate");
        stop(all);
    });
}

#[test]
fn a_stranger_is_not_let_in_until_it_has_a_certificate() {
    check(|| {
        let secret = Secret::of(3);
        let others = (1..=2).map(|number| secret.config(number, secret.tls(number)));
        // It trusts the others, and they do not trust it.
        let tls = secret.tls(3);
        secret.write("m3", &secret.pair(3, &Authority::new("stranger")));
        let stranger = secret.config(3, tls);
        let stranger = thread::spawn(|| Member::start(stranger));
        let mut all = start(others);
        for number in 1..=2 {
            secret.wait_for_refusal(number, "x509: certificate signed by unknown authority");
        }
        // They call it, too, and do not like what it shows.
        secret.wait_for_refusal(3, "remote error: tls: ");
        assert_they_agree(&mut all);
        assert!(!stranger.is_finished(), "nobody has told it anything");
        // Files are read whenever somebody comes, so it need not start again.
        secret.write("m3", &secret.pair(3, &secret.authority));
        let third = stranger.join().expect("it starts");
        let client = third.client();
        all.push((third, client));
        assert_they_agree(&mut all);
        stop(all);
    });
}

#[test]
fn who_comes_later_asks_and_is_brought_the_state_under_tls() {
    check(|| {
        let secret = Secret::of(1);
        let mut all = start([secret.config(1, secret.tls(1))]);
        for number in 0..60 {
            put(&mut all[0].1, &format!("{number}"), "before").expect("it can be written");
        }
        let peer_urls = vec![format!("https://{}", secret.plan.peer(2))];
        let request = MemberAddRequest { peer_urls, is_learner: true };
        let added = all[0].1.call(async |connection, origin| {
            ClusterClient::with_origin(connection, origin).member_add(request).await
        });
        added.expect("it can be");
        let second = secret.config(2, secret.tls(2));
        assert_eq!(second.state, State::Existing);
        let second = start([second]);
        secret.wait_for(1, |line| line.contains("sent database snapshot"));
        let mut learner = second[0].0.client();
        let request = RangeRequest { key: "59".into(), serializable: true, ..Default::default() };
        let found = learner.kv(async |mut kv| kv.range(request).await).expect("it may");
        assert_eq!(found.count, 1, "it has got what was there before it came");
        drop(learner);
        stop(second);
        stop(all);
    });
}

#[test]
fn members_that_made_their_certificates_do_not_look_at_those_of_others() {
    check(|| {
        let secret = Secret::of(3);
        let auto = Options { auto: true, checks_address: true, ..Options::default() };
        let mut all = start((1..=3).map(|number| secret.config(number, auto.clone())));
        assert_they_agree(&mut all);
        for number in 1..=3 {
            let made = secret.plan.config(number).data_dir.join("fixtures/peer");
            let mode = |name: &str| {
                let found = fs::metadata(made.join(name)).expect("it is there");
                found.permissions().mode() & 0o777
            };
            assert_eq!((mode("cert.pem"), mode("key.pem")), (0o644, 0o600));
        }
        stop(all);
    });
}
