//! JSON values, one after another, out of a body that comes piece by piece.
//!
//! Owns [`Values`], which finds where a value ends and makes a message of it. Each byte is looked
//! at once, however small the pieces are; and a value that is not complete after so many bytes is
//! the end.
//!
//! What is no value of a message is the end too, without a word: so it is in etcd, where nobody
//! waits any more when it is found.

use api::Method;
use bytes::{Buf, Bytes, BytesMut};
use hyper::body::Body as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tonic::body::Body;
use tonic::codegen::tokio_stream::Stream;

/// Messages, as they travel, out of a body of JSON.
pub struct Values {
    method: Method,
    /// None once it has ended.
    body: Option<Body>,
    longest: usize,
    /// What has come and is not read yet.
    begun: BytesMut,
    /// So much of that was looked at.
    seen: usize,
    place: Place,
}

/// Where in a value a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before it.
    Before,
    /// In so many objects and lists.
    Inside(usize),
    /// In a text, so deep.
    Text(usize),
    /// After a backslash in one.
    Escape(usize),
}

/// What a byte is to a value.
enum Step {
    Goes(Place),
    Ends,
    /// No value of a message begins or ends like this.
    Wrong,
}

impl Place {
    fn step(self, byte: u8) -> Step {
        let next = match (self, byte) {
            (Place::Before, b' ' | b'\t' | b'\r' | b'\n') => Place::Before,
            (Place::Before, b'{') => Place::Inside(1),
            (Place::Before, _) => return Step::Wrong,
            (Place::Inside(depth), b'{' | b'[') => Place::Inside(depth + 1),
            (Place::Inside(1), b'}' | b']') => return Step::Ends,
            (Place::Inside(depth), b'}' | b']') => Place::Inside(depth - 1),
            (Place::Inside(depth), b'"') => Place::Text(depth),
            (Place::Text(depth), b'"') => Place::Inside(depth),
            (Place::Text(depth), b'\\') => Place::Escape(depth),
            (Place::Escape(depth), _) => Place::Text(depth),
            (Place::Inside(_) | Place::Text(_), _) => self,
        };
        Step::Goes(next)
    }
}

impl Values {
    /// Those in this body, none longer than that.
    pub fn new(method: Method, body: Body, longest: usize) -> Values {
        let (begun, seen, place) = (BytesMut::new(), 0, Place::Before);
        Values { method, body: Some(body), longest, begun, seen, place }
    }

    /// The next value in what has come; an error if there will be none.
    fn next(&mut self) -> Result<Option<Bytes>, End> {
        while let Some(byte) = self.begun.get(self.seen) {
            self.seen += 1;
            match self.place.step(*byte) {
                Step::Goes(Place::Before) => {
                    self.begun.advance(self.seen);
                    self.seen = 0;
                }
                Step::Goes(place) => self.place = place,
                Step::Ends => {
                    let value = self.begun.split_to(std::mem::take(&mut self.seen));
                    self.place = Place::Before;
                    let mut json = serde_json::Deserializer::from_slice(&value);
                    return self.method.request(&mut json).map(Some).map_err(|_| End);
                }
                Step::Wrong => return Err(End),
            }
        }
        if self.begun.len() > self.longest { Err(End) } else { Ok(None) }
    }
}

/// There is no other value.
struct End;

impl Stream for Values {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match self.next() {
                Ok(Some(message)) => return Poll::Ready(Some(message)),
                Ok(None) => {}
                Err(End) => self.body = None,
            }
            let Some(body) = &mut self.body else { return Poll::Ready(None) };
            match ready!(Pin::new(body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        self.begun.extend_from_slice(&piece);
                    }
                }
                Some(Err(_)) | None => self.body = None,
            }
        }
    }
}
