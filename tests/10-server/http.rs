//! A client of a member that speaks HTTP, and not gRPC: a connection for each request, as the
//! conversation with the original was recorded.

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

/// A client that waits for each answer.
pub struct Http {
    runtime: Runtime,
    address: SocketAddr,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// An answer that may have no end.
pub struct Lines {
    pub status: u16,
    body: Incoming,
    begun: Vec<u8>,
}

impl Http {
    /// One that asks at this address.
    pub fn new(address: SocketAddr) -> Http {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Http { runtime: runtime.expect("there is room"), address }
    }

    /// Asks, and waits for the head of the answer.
    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> http::Response<Incoming> {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", self.address.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).expect("it is one");
        self.runtime.block_on(async {
            let stream = TcpStream::connect(self.address).await.expect("somebody listens");
            let connected = handshake(TokioIo::new(stream)).await;
            let (mut requests, connection) = connected.expect("it speaks HTTP");
            tokio::spawn(connection);
            requests.send_request(request).await.expect("it is answered")
        })
    }

    /// Asks, and waits for the whole answer.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let (head, body) = self.send(method, path, headers, body).into_parts();
        let body = self.runtime.block_on(body.collect()).expect("it ends").to_bytes();
        let body = String::from_utf8(body.to_vec()).expect("it is a text");
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    /// Gets a page.
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// Asks the gateway.
    pub fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &[], body)
    }

    /// Asks for an answer that comes line by line. It is not closed before it is dropped.
    pub fn open(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Lines {
        let (head, body) = self.send("POST", path, headers, body).into_parts();
        Lines { status: head.status.as_u16(), body, begun: Vec::new() }
    }

    /// Waits for the next line; none if there is no other.
    pub fn line(&self, lines: &mut Lines) -> Option<String> {
        loop {
            if let Some(end) = lines.begun.iter().position(|byte| *byte == b'\n') {
                let rest = lines.begun.split_off(end + 1);
                let line = std::mem::replace(&mut lines.begun, rest);
                return Some(String::from_utf8(line).expect("it is a text"));
            }
            let frame = self.runtime.block_on(lines.body.frame())?.expect("nothing fails");
            lines.begun.extend_from_slice(&frame.into_data().unwrap_or_default());
        }
    }
}
