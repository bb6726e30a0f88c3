//! A client's connection, as bytes.
//!
//! Owns [`Socket`], a TCP stream that was looked into: the first bytes say which protocol the
//! client speaks, and are read once more by whoever speaks it.
//!
//! It says of itself that it takes no list of buffers. hyper would write the head and the body of
//! each HTTP/2 frame as two buffers if it did, and two segments leave for one answer; it copies
//! short ones together otherwise. This halves what an answer costs.

use bytes::{Buf, Bytes};
use hyper::rt::{Read, ReadBufCursor, Write};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What every client that speaks HTTP/2 says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Which protocol a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC, and everything else.
    Http2,
    /// The gateway, `/health` and so on.
    Http1,
}

/// A stream, with the bytes that were read of it to find out what it is.
pub struct Socket {
    stream: TcpStream,
    begun: Bytes,
}

impl Socket {
    /// Waits for the first bytes of a connection. They may come one by one.
    pub async fn look(mut stream: TcpStream) -> io::Result<(Socket, Protocol)> {
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

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.begun.is_empty() {
            let count = self.begun.len().min(buffer.remaining());
            buffer.put_slice(&self.begun[..count]);
            self.begun.advance(count);
            return Poll::Ready(Ok(()));
        }
        let mut bytes = [0; 16 << 10];
        let length = bytes.len().min(buffer.remaining());
        let mut place = ReadBuf::new(&mut bytes[..length]);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut place))?;
        buffer.put_slice(place.filled());
        Poll::Ready(Ok(()))
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
