//! Answers on their way to a client.
//!
//! Owns [`Outbox`]: the thread that tells watchers puts answers in, and a client's stream takes
//! them out. It has room for some, and whoever finds it full is told when there is room again.
//!
//! Left to others: what is in an answer (`watches`), and how it is sent (`services`).

use api::WatchResponse;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Answers on their way to a client.
pub struct Outbox {
    send: mpsc::UnboundedSender<Told>,
    /// How many bytes wait in it.
    bytes: AtomicUsize,
    /// The thread waits for room.
    is_full: AtomicBool,
}

/// What a stream finds in its outbox.
pub enum Told {
    /// An answer for its client, and how long it is.
    Answer(WatchResponse, usize),
    /// A request was heard.
    Heard,
}

/// An outbox with so many bytes gets no more.
const ROOM: usize = 64 << 10;

impl Outbox {
    /// An empty one, and the other end of it.
    pub fn new() -> (Arc<Outbox>, mpsc::UnboundedReceiver<Told>) {
        let (send, receive) = mpsc::unbounded_channel();
        let (bytes, is_full) = (AtomicUsize::new(0), AtomicBool::new(false));
        (Arc::new(Outbox { send, bytes, is_full }), receive)
    }

    /// The stream has taken an answer out. Does the thread wait for that?
    pub fn take(&self, bytes: usize) -> bool {
        let left = self.bytes.fetch_sub(bytes, Ordering::AcqRel) - bytes;
        left < ROOM && self.is_full.swap(false, Ordering::AcqRel)
    }

    /// Is there room? If not, the thread will be told when there is.
    pub fn has_room(&self) -> bool {
        if self.bytes.load(Ordering::Acquire) < ROOM {
            return true;
        }
        self.is_full.store(true, Ordering::Release);
        // Perhaps all was taken out between the two, and nobody will say so.
        self.bytes.load(Ordering::Acquire) < ROOM && self.is_full.swap(false, Ordering::AcqRel)
    }

    /// Puts something in.
    pub fn put(&self, told: Told) {
        if let Told::Answer(_, bytes) = &told {
            self.bytes.fetch_add(*bytes, Ordering::AcqRel);
        }
        // If the client is gone, it does not matter.
        let _ = self.send.send(told);
    }
}
