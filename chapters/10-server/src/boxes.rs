//! Where requests wait for their answers.
//!
//! Owns [`Boxes`]: for each runtime a box. A request takes a number and waits; whoever knows the
//! answers of many of them puts all that belong to one runtime into its box, and wakes it once. A
//! task of that runtime hands them out. So a thousand answers are one wake-up, and not a thousand.
//!
//! Invariants:
//! - A number is given out once.
//! - Whoever waits is told once, or gives up, and then its place is free.
//!
//! Left to others: how long somebody waits (`services`).

use crate::proposal::{Outcome, Sender};
use api::Error;
use bytes::Bytes;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use tokio::sync::{Notify, oneshot};

/// What somebody waits for.
#[derive(Clone, Debug)]
pub enum Told {
    /// The wish was carried out, or refused.
    Done(Outcome),
    /// The state is as new as the request, and can be read.
    Read,
    /// These are the keys of leases, in the order in which they were asked for.
    Keys(Vec<Vec<Bytes>>),
    /// This is the sum of what is there; none if it is not known.
    Sum(Option<u64>),
    /// What was waited for has come: all is on disk, or a compaction has come to its end.
    Settled,
    /// The store's file has no unused pages any more, or the attempt was given up, or has failed.
    Defragmented(Result<bool, Arc<str>>),
}

/// All boxes of a member.
pub struct Boxes {
    member: u64,
    start: u64,
    all: Vec<Arc<PostBox>>,
}

/// The box of a runtime.
#[derive(Default)]
pub struct PostBox {
    next: AtomicU64,
    /// Only threads of this runtime come here, so nobody waits for the lock.
    waiting: Mutex<HashMap<u64, oneshot::Sender<Told>>>,
    /// From other threads.
    arrived: Mutex<Vec<(u64, Told)>>,
    news: Notify,
}

/// A request that waits. It gives up when it is dropped.
pub struct Waiting {
    number: u64,
    at: Arc<PostBox>,
    answer: oneshot::Receiver<Told>,
}

/// Answers that are on their way to several runtimes.
pub struct Post {
    by_runtime: Vec<Vec<(u64, Told)>>,
}

impl Boxes {
    /// The boxes of a member that has started, for so many runtimes.
    pub fn new(member: u64, start: u64, runtimes: usize) -> Boxes {
        Boxes { member, start, all: (0..runtimes).map(|_| Arc::default()).collect() }
    }

    /// That of a runtime.
    pub fn of(&self, runtime: usize) -> Arc<PostBox> {
        self.all[runtime].clone()
    }

    /// How whoever waits in that box under this number is called.
    pub fn sender(&self, runtime: usize, number: u64) -> Sender {
        let runtime = u32::try_from(runtime).expect("there are few");
        Sender { member: self.member, start: self.start, runtime, number }
    }

    /// Nothing to bring yet.
    pub fn post(&self) -> Post {
        Post { by_runtime: self.all.iter().map(|_| Vec::new()).collect() }
    }

    /// Does it wait here, since this start?
    pub fn is_ours(&self, sender: &Sender) -> bool {
        sender.member == self.member
            && sender.start == self.start
            && (sender.runtime as usize) < self.all.len()
    }

    /// Brings everything, and wakes each runtime once.
    pub fn deliver(&self, post: &mut Post) {
        for (letters, at) in post.by_runtime.iter_mut().zip(&self.all) {
            if !letters.is_empty() {
                at.arrived().append(letters);
                at.news.notify_one();
            }
        }
    }
}

impl Post {
    /// One more.
    pub fn add(&mut self, runtime: u32, number: u64, told: Told) {
        self.by_runtime[runtime as usize].push((number, told));
    }
}

impl PostBox {
    /// A number, and what is to wait for it.
    pub fn wait(self: &Arc<PostBox>) -> Waiting {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.waiting().insert(number, sender);
        Waiting { number, at: self.clone(), answer }
    }

    /// Hands out what arrives, for ever.
    pub async fn hand_out(&self) {
        let mut letters = Vec::new();
        loop {
            self.news.notified().await;
            std::mem::swap(&mut *self.arrived(), &mut letters);
            let mut waiting = self.waiting();
            for (number, told) in letters.drain(..) {
                if let Some(sender) = waiting.remove(&number) {
                    // It may have given up just now.
                    let _ = sender.send(told);
                }
            }
        }
    }

    /// Takes all that has arrived, for whoever has no runtime.
    pub fn take(&self) -> Vec<(u64, Told)> {
        std::mem::take(&mut *self.arrived())
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Told>>> {
        self.waiting.lock().expect("nobody panics while holding it")
    }

    fn arrived(&self) -> MutexGuard<'_, Vec<(u64, Told)>> {
        self.arrived.lock().expect("nobody panics while holding it")
    }
}

impl Waiting {
    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl Future for Waiting {
    type Output = Told;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Told> {
        let told = std::task::ready!(Pin::new(&mut self.answer).poll(context));
        // The box stays as long as the program, so nobody drops the other end.
        Poll::Ready(told.unwrap_or(Told::Done(Err(Error::Stopped))))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.at.waiting().remove(&self.number);
    }
}
