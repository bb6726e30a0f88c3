//! The book on 127.0.0.1, for its authors: built again whenever something it is made from changes.
//!
//! Owns a small static file server. It answers GET and HEAD for files below one folder and knows
//! one address of its own, which tells an open page that it is out of date.
//!
//! Bounds: a request's head of [`HEAD_LIMIT`] bytes, [`PATIENCE`] for it to arrive, and
//! [`CONNECTIONS`] at a time; what is beyond gets an error and never a thread that stays.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::links::percent_decoded;

/// The longest head of a request.
const HEAD_LIMIT: usize = 8 * 1024;
/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many clients are served at a time.
const CONNECTIONS: usize = 64;
/// Where an open page asks which build is current.
const VERSION: &str = "/-/version";

/// The server, listening.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    version: AtomicU64,
    connections: AtomicUsize,
}

/// Tells a running server that the site is new.
pub struct Renewed(Arc<Shared>);

impl Renewed {
    /// Open pages load themselves again.
    pub fn announce(&self) {
        self.0.version.fetch_add(1, Ordering::Relaxed);
    }
}

impl Server {
    /// Listens on 127.0.0.1; port 0 takes any that is free.
    ///
    /// # Errors
    /// When the port is taken, or the folder is not there.
    pub fn bind(folder: &Path, port: u16) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let shared = Shared {
            folder: folder.canonicalize()?,
            version: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
        };
        Ok(Server { listener, shared: Arc::new(shared) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The handle to announce a new build with.
    pub fn renewed(&self) -> Renewed {
        Renewed(Arc::clone(&self.shared))
    }

    /// Serves until the process ends.
    pub fn run(self) {
        for stream in self.listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.set_read_timeout(Some(PATIENCE));
            let _ = stream.set_write_timeout(Some(PATIENCE));
            if self.shared.connections.fetch_add(1, Ordering::AcqRel) >= CONNECTIONS {
                let _ = reply(&mut stream, false, 503, "text/plain", b"too many at a time\n");
                self.shared.connections.fetch_sub(1, Ordering::AcqRel);
                continue;
            }
            let shared = Arc::clone(&self.shared);
            thread::spawn(move || {
                // A client that went away is none of our business.
                let _ = serve(&shared, &mut stream);
                shared.connections.fetch_sub(1, Ordering::AcqRel);
            });
        }
    }
}

fn serve(shared: &Shared, stream: &mut TcpStream) -> io::Result<()> {
    let Some(head) = head(stream)? else {
        return reply(stream, false, 431, "text/plain", b"the request is too long\n");
    };
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let (method, address) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let bare = method == "HEAD";
    if !matches!(method, "GET" | "HEAD") {
        return reply(stream, false, 405, "text/plain", b"only GET and HEAD\n");
    }
    if address.split('?').next() == Some(VERSION) {
        let version = shared.version.load(Ordering::Relaxed).to_string();
        return reply(stream, bare, 200, "text/plain", version.as_bytes());
    }
    match find(&shared.folder, address) {
        Some(path) => {
            let mut body = fs::read(&path)?;
            let kind = kind(&path);
            if kind.starts_with("text/html") {
                add_reload(&mut body, shared.version.load(Ordering::Relaxed));
            }
            reply(stream, bare, 200, kind, &body)
        }
        None => reply(stream, bare, 404, "text/plain", b"no such page; start at /\n"),
    }
}

/// The head of a request; none if it is too long, or takes too long.
fn head(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    let start = Instant::now();
    loop {
        let length = stream.read(&mut part)?;
        head.extend_from_slice(&part[..length]);
        if length == 0 || head.windows(4).any(|end| end == b"\r\n\r\n") {
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
        if head.len() > HEAD_LIMIT || start.elapsed() > PATIENCE {
            return Ok(None);
        }
    }
}

/// The file that an address means: one below the folder, whatever the address says.
fn find(folder: &Path, address: &str) -> Option<PathBuf> {
    let path = address.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = percent_decoded(path)?;
    let plain = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0', ':'])
    };
    let mut found = folder.to_owned();
    let inner = path.strip_suffix('/').unwrap_or(&path);
    if !inner.is_empty() {
        if !inner.split('/').all(plain) {
            return None;
        }
        found.push(inner);
    }
    if found.is_dir() {
        found.push("index.html");
    }
    // A link in the folder may lead out of it: what counts is where the file really is.
    let found = found.canonicalize().ok()?;
    (found.starts_with(folder) && found.is_file()).then_some(found)
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

/// A served page asks once a second whether it is still the newest.
fn add_reload(body: &mut Vec<u8>, version: u64) {
    let script = format!(
        "<script>setInterval(() => fetch('{VERSION}').then(r => r.text()).then(v => \
         {{ if (v !== '{version}') location.reload(); }}).catch(() => {{}}), 1000)</script>"
    );
    body.extend_from_slice(script.as_bytes());
}

fn reply(
    stream: &mut TcpStream,
    bare: bool,
    status: u16,
    kind: &str,
    body: &[u8],
) -> io::Result<()> {
    let reason = match status {
        200 => "OK",
        404 => "Not Found",
        405 => "Method Not Allowed",
        431 => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    };
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if !bare {
        stream.write_all(body)?;
    }
    stream.flush()
}
