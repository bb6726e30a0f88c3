//! Speaking to a member in JSON, without a library.
//!
//! Owns [`ask`], for requests that have one answer, [`slow_watchers`], and [`Stream`], one stream
//! of watchers: requests and answers are messages of a WebSocket.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// However much else runs on the machine, an answer is there before that.
const LONGEST: Duration = Duration::from_secs(20);

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the member is ready");
    stream.set_read_timeout(Some(LONGEST)).expect("it is no zero");
    stream.set_nodelay(true).expect("it is a socket");
    stream
}

/// The answer to a request, which is no refusal.
pub fn ask(address: &str, path: &str, body: &str) -> String {
    let length = body.len();
    said(address, &format!("POST /v3/{path}"), &format!("Content-Length: {length}\r\n\r\n{body}"))
}

/// How many watchers have not caught up.
pub fn slow_watchers(address: &str) -> String {
    let answer = said(address, "GET /metrics", "\r\n");
    let (_, rest) = answer.split_once("\netcd_debugging_mvcc_slow_watcher_total ").expect("one is");
    rest.lines().next().expect("it ends").to_owned()
}

fn said(address: &str, what: &str, rest: &str) -> String {
    let mut stream = connect(address);
    let head = format!("{what} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    write!(stream, "{head}{rest}").expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{what} {rest}: {answer}");
    answer
}

/// A stream of watchers: a WebSocket, since with plain HTTP/1.1 no answer comes before the last
/// request.
pub struct Stream {
    requests: TcpStream,
    answers: BufReader<TcpStream>,
}

impl Stream {
    pub fn open(address: &str) -> Stream {
        let mut requests = connect(address);
        let head = format!("GET /v3/watch HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n");
        let socket = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
        let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        write!(requests, "{head}{socket}{key}").expect("it listens");
        let mut answers = BufReader::new(requests.try_clone().expect("it is a socket"));
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            answers.read_line(&mut line).expect("it answers");
        }
        Stream { requests, answers }
    }

    /// Sends a request.
    pub fn send(&mut self, request: &str) {
        let length = u16::try_from(request.len()).expect("it is short");
        // One message of text, with its length in two bytes, and masked as a client's has to be:
        // with zeros, so that it stays as it is.
        let mut frame = vec![0x81, 0x80 | 126];
        frame.extend(length.to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(request.as_bytes());
        self.requests.write_all(&frame).expect("it listens");
    }

    /// Waits for the next answer; none if there is none for long.
    pub fn line(&mut self) -> Option<String> {
        let is_quiet = |error: &Error| error.kind() == ErrorKind::WouldBlock;
        if self.answers.fill_buf().is_err_and(|error| is_quiet(&error)) {
            return None;
        }
        let [kind, short] = self.read(2)[..] else { unreachable!("it was asked for two bytes") };
        assert_eq!(kind, 0x81, "a message of text, in one piece");
        let number = |bytes: &[u8]| bytes.iter().fold(0, |all, byte| all << 8 | usize::from(*byte));
        let length = match short {
            126 => number(&self.read(2)),
            127 => number(&self.read(8)),
            _ => usize::from(short),
        };
        Some(String::from_utf8(self.read(length)).expect("JSON is text"))
    }

    fn read(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.answers.read_exact(&mut bytes).expect("an answer comes before long");
        bytes
    }
}
