//! Connections: how clients come in, and what those get who do not behave.

use crate::certificates::{Authority, SERVER, Said, client, write};
use crate::client::Client;
use crate::member::{Member, config, place};
use api::watch_request::RequestUnion;
use api::{
    PutRequest, RangeRequest, RequestOp, TxnRequest, WatchCreateRequest, WatchRequest, request_op,
};
use harness::check;
use server::{Config, Limits, Speaks};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, StreamOwned};
use tonic::codegen::tokio_stream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const NO_SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
/// What a client begins with that speaks TLS, and never ends.
const HALF_A_HELLO: &[u8] = &[22, 3, 1, 2, 0, 1];
const A_MOMENT: Duration = Duration::from_millis(100);

/// A member that speaks like this, with a certificate that this authority has signed.
fn speaking(authority: &Authority, place: &Path, speaks: Speaks) -> Config {
    let pair = authority.sign(&Said { usage: Some(SERVER), ..Said::default() });
    let mut config = config(place);
    config.listen[0].speaks = speaks;
    config.tls.cert_file = Some(write(place, "server.pem", &pair.certificate));
    config.tls.key_file = Some(write(place, "server.key", &pair.key));
    config
}

fn limited(place: &Path, limits: Limits) -> Config {
    Config { limits, ..config(place) }
}

/// Puts a key and reads it. It panics if it does not work.
fn works(client: &mut Client) {
    let value = vec![b'v'; 40_000];
    let request = PutRequest { key: "k".into(), value: value.clone().into(), ..Default::default() };
    client.kv(async |mut kv| kv.put(request).await).expect("it can be put");
    let request = RangeRequest { key: "k".into(), ..RangeRequest::default() };
    let found = client.kv(async |mut kv| kv.range(request).await).expect("it can be read");
    assert_eq!(found.kvs[0].value, value);
}

fn is_refused(client: Result<Client, std::io::Error>) -> bool {
    let request = RangeRequest { key: "k".into(), ..RangeRequest::default() };
    match client {
        Ok(mut client) => client.kv(async |mut kv| kv.range(request).await).is_err(),
        Err(_) => true,
    }
}

/// What comes after these bytes, until the member closes.
fn say(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    stream.write_all(bytes).expect("there is room");
    rest(&mut stream)
}

fn rest(stream: &mut impl Read) -> Vec<u8> {
    let mut heard = Vec::new();
    match stream.read_to_end(&mut heard) {
        Ok(_) => {}
        // What was said to it, it has not read; or it does not take leave, as TLS would.
        Err(error) => {
            let kinds = [ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof];
            assert!(kinds.contains(&error.kind()), "{error}");
        }
    }
    heard
}

fn secure(
    address: SocketAddr,
    config: Arc<ClientConfig>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from("localhost").expect("it is a name");
    let connection = ClientConnection::new(config, name).expect("it can be");
    StreamOwned::new(connection, TcpStream::connect(address).expect("somebody listens"))
}

#[test]
fn whoever_has_no_certificate_of_ours_asks_nothing() {
    check(|| {
        let (authority, place) = (Authority::new("authority"), place());
        let mut config = speaking(&authority, place.path(), Speaks::Https);
        config.tls.trusted_ca_file = Some(write(place.path(), "ca.pem", &authority.certificate));
        let member = Member::start(config);
        let come = |pair| {
            let shown = client(&authority).shows(pair);
            Client::secure(member.address, shown.http2())
        };
        works(&mut come(authority.sign(&Said::default())).expect("it may"));
        assert!(is_refused(come(Authority::new("other").sign(&Said::default()))));
        assert!(is_refused(Client::secure(member.address, client(&authority).http2())));
        member.stop();
    });
}

#[test]
fn the_first_byte_says_whether_it_is_tls() {
    check(|| {
        let (authority, place) = (Authority::new("authority"), place());
        let request = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let member = Member::start(speaking(&authority, place.path(), Speaks::Https));
        for version in [&TLS12, &TLS13] {
            let config = client(&authority).only(version).http2();
            works(&mut Client::secure(member.address, config).expect("it may"));
        }
        let mut stream = secure(member.address, client(&authority).says(&["http/1.1"]));
        stream.write_all(request).expect("there is room");
        assert!(rest(&mut stream).starts_with(b"HTTP/1.1 404 Not Found\r\n"));
        assert_eq!(say(member.address, request), b"", "closed without a word");
        assert_eq!(say(member.address, PREFACE), b"");
        member.stop();
        let member = Member::start(speaking(&authority, place.path(), Speaks::Both));
        works(&mut Client::secure(member.address, client(&authority).http2()).expect("it may"));
        works(&mut member.client());
        assert!(say(member.address, request).starts_with(b"HTTP/1.1 404 Not Found\r\n"));
        member.stop();
    });
}

#[test]
fn what_is_not_a_handshake_ends_only_itself() {
    check(|| {
        let (authority, place) = (Authority::new("authority"), place());
        let mut config = speaking(&authority, place.path(), Speaks::Both);
        config.limits.handshake = A_MOMENT;
        config.limits.silence = A_MOMENT;
        let member = Member::start(config);
        let mut garbage = HALF_A_HELLO.to_vec();
        garbage.extend([0xff; 600]);
        say(member.address, &garbage);
        for stalled in [HALF_A_HELLO, b"", &PREFACE[..3], b"GET / HTTP/1.1\r\nHost:"] {
            assert_eq!(say(member.address, stalled), b"", "{stalled:?}");
        }
        // Hands are shaken, and nothing follows.
        let mut quiet = secure(member.address, client(&authority).http2());
        quiet.flush().expect("hands are shaken");
        assert_eq!(rest(&mut quiet), b"");
        works(&mut Client::secure(member.address, client(&authority).http2()).expect("it may"));
        member.stop();
    });
}

#[test]
fn two_hundred_that_say_nothing_are_in_nobodys_way() {
    check(|| {
        let (authority, place) = (Authority::new("authority"), place());
        let mut config = speaking(&authority, place.path(), Speaks::Both);
        // Requests that are under way would be waited for.
        config.limits.grace = Duration::from_hours(1);
        let member = Member::start(config);
        let all = [b"", &PREFACE[..5], HALF_A_HELLO, b"GET /"].into_iter().cycle();
        let silent = all.take(200).map(|bytes| {
            let mut stream = TcpStream::connect(member.address).expect("somebody listens");
            stream.write_all(bytes).expect("there is room");
            stream
        });
        let silent: Vec<TcpStream> = silent.collect();
        works(&mut member.client());
        works(&mut Client::secure(member.address, client(&authority).http2()).expect("it may"));
        // Nor are they when the member stops.
        member.stop();
        drop(silent);
    });
}

#[test]
fn whoever_finds_no_place_waits_for_one() {
    check(|| {
        let place = place();
        let limits = Limits { connections: 1, ..Limits::default() };
        let member = Member::start(limited(place.path(), limits));
        let mut first = member.client();
        let mut second = TcpStream::connect(member.address).expect("the system has room");
        second.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("there is room");
        for _ in 0..10 {
            works(&mut first);
        }
        second.set_nonblocking(true).expect("it can be");
        let early = second.read(&mut [0]).expect_err("nobody has looked at it");
        assert_eq!(early.kind(), ErrorKind::WouldBlock);
        second.set_nonblocking(false).expect("it can be");
        drop(first);
        second.read_exact(&mut [0; 8]).expect("it has the place now");
        drop(second);
        member.stop();
    });
}

/// The next frame: its kind and what is in it.
fn frame(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).expect("it is short")];
    stream.read_exact(&mut payload).ok()?;
    Some((head[3], payload))
}

#[test]
fn a_client_hears_how_much_it_can_have_and_who_is_silent_for_good_is_gone() {
    check(|| {
        assert_eq!(Limits::default().concurrent_streams, u32::MAX);
        let place = place();
        let (keepalive_interval, keepalive_timeout) = (A_MOMENT, A_MOMENT);
        let limits = Limits {
            concurrent_streams: 7,
            keepalive_interval,
            keepalive_timeout,
            ..Limits::default()
        };
        let member = Member::start(limited(place.path(), limits));
        let mut stream = TcpStream::connect(member.address).expect("somebody listens");
        stream.write_all(&[PREFACE, NO_SETTINGS].concat()).expect("there is room");
        let (kind, payload) = frame(&mut stream).expect("it is the first");
        assert_eq!(kind, 4, "settings");
        let number = |name| {
            let mut all = payload.chunks(6).map(|setting| setting.split_at(2));
            let (_, number) = all.find(|(found, _)| *found == [0, name])?;
            Some(u32::from_be_bytes(number.try_into().expect("there are four")))
        };
        assert_eq!(number(3), Some(7), "streams");
        assert_eq!(number(6), Some(1 << 20), "bytes of a head");
        // Nothing is answered from here on.
        let kinds: Vec<u8> = std::iter::from_fn(|| frame(&mut stream)).map(|f| f.0).collect();
        assert!(kinds.contains(&6), "it was asked before it was sent away: {kinds:?}");
        member.stop();
    });
}

/// Puts a hundred keys at a time, ten times.
fn fill(client: &mut Client) {
    for round in 0..10 {
        let put = |at| {
            let key = format!("k{}", 100 * round + at).into();
            let put = PutRequest { key, value: vec![b'v'; 4_000].into(), ..Default::default() };
            RequestOp { request: Some(request_op::Request::RequestPut(put)) }
        };
        let request = TxnRequest { success: (0..100).map(put).collect(), ..Default::default() };
        client.kv(async |mut kv| kv.txn(request).await).expect("it can be");
    }
}

#[test]
fn a_stream_that_always_has_something_to_say_is_not_in_the_way() {
    const WATCHERS: usize = 60;
    const ALL: usize = WATCHERS * 1_000;
    check(|| {
        let place = place();
        // Both are on the only thread that there is.
        let member = Member::start(Config { runtimes: 1, ..config(place.path()) });
        let (mut light, mut fast) = (member.client(), member.client());
        fill(&mut light);
        let (told, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let watcher = WatchRequest {
                    request_union: Some(RequestUnion::CreateRequest(WatchCreateRequest {
                        key: "k".into(),
                        range_end: "l".into(),
                        start_revision: 1,
                        ..WatchCreateRequest::default()
                    })),
                };
                let requests = tokio_stream::iter(vec![watcher; WATCHERS]);
                let opened = fast.watch(async |mut watch| watch.watch(requests).await);
                let mut stream = opened.expect("it is opened");
                while !enough.load(Ordering::SeqCst) && told.load(Ordering::SeqCst) < ALL {
                    let response = fast.wait(stream.message()).expect("nothing fails");
                    let events = response.expect("it goes on").events.len();
                    told.fetch_add(events, Ordering::SeqCst);
                }
            });
            while told.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            for _ in 0..20 {
                let request = RangeRequest { key: "k1".into(), ..RangeRequest::default() };
                light.kv(async |mut kv| kv.range(request).await).expect("it can be read");
            }
            assert!(told.load(Ordering::SeqCst) < ALL, "all of it came before twenty answers");
            enough.store(true, Ordering::SeqCst);
        });
        member.stop();
    });
}
