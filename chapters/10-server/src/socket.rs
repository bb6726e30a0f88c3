//! A client's connection, as bytes.
//!
//! Owns [`Socket`], a stream that was looked into: the first bytes say which protocol the client
//! speaks, and are read once more by whoever speaks it.
//!
//! It says of itself that it takes no list of buffers, as whatever writes does until it says
//! otherwise. hyper would write the head and the body of each HTTP/2 frame as two buffers if it
//! did, and two segments leave for one answer; it copies short ones together otherwise. This halves
//! what an answer costs.

use bytes::{Buf, Bytes};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// What every client that speaks HTTP/2 says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What every client that speaks TLS says first.
const HANDSHAKE: u8 = 0x16;

/// Which protocol a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC, and everything else.
    Http2,
    /// The gateway, `/health` and so on.
    Http1,
}

/// What bytes come on.
pub enum Stream {
    /// Everybody on the way can read them.
    Plain(TcpStream),
    /// Nobody on the way can.
    Secure(Box<TlsStream<TcpStream>>),
}

/// A stream, with the bytes that were read of it to find out what it is.
pub struct Socket {
    stream: Stream,
    begun: Bytes,
}

/// Does a client begin with TLS? Nothing is read.
pub async fn begins_with_tls(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    match stream.peek(&mut first).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(first == [HANDSHAKE]),
    }
}

impl Socket {
    /// Can nobody on the way read it?
    pub fn is_secure(&self) -> bool {
        matches!(self.stream, Stream::Secure(_))
    }

    /// Waits for the first bytes of a connection. They may come one by one.
    pub async fn look(mut stream: Stream) -> io::Result<(Socket, Protocol)> {
        let mut begun = Vec::with_capacity(PREFACE.len());
        while PREFACE.starts_with(&begun) && begun.len() < PREFACE.len() {
            let mut byte = [0; PREFACE.len()];
            let left = PREFACE.len() - begun.len();
            let count = stream.read(&mut byte[..left]).await?;
            if count == 0 {
                break;
            }
            begun.extend_from_slice(&byte[..count]);
        }
        let protocol = if begun == PREFACE { Protocol::Http2 } else { Protocol::Http1 };
        Ok((Socket { stream, begun: begun.into() }, protocol))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.begun.is_empty() {
            let count = self.begun.len().min(buffer.remaining());
            buffer.put_slice(&self.begun[..count]);
            self.begun.advance(count);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Secure(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Secure(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Secure(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Secure(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}
