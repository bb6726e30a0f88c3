//! When a member is to stop.
//!
//! Owns [`Stop`], one word that everything listens to.

use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::watch;

/// Says when a member is to stop, and why, if it is not by somebody's wish.
#[derive(Clone)]
pub struct Stop {
    stops: watch::Sender<bool>,
    why: Arc<Mutex<Option<String>>>,
    left: Arc<OnceLock<&'static str>>,
}

/// What a member is told that was removed.
pub(crate) const REMOVED: &str = "the member has been permanently removed from the cluster";

impl Default for Stop {
    fn default() -> Stop {
        Stop { stops: watch::Sender::new(false), why: Arc::default(), left: Arc::default() }
    }
}

impl Stop {
    /// It is to stop.
    pub fn stop(&self) {
        self.stops.send_replace(true);
    }

    /// It does not belong to its cluster any more, and ends for good.
    pub(crate) fn leave(&self, why: &'static str) {
        self.left.set(why).unwrap_or_default();
        self.stop();
    }

    /// Waits until it has left.
    pub(crate) async fn has_left(&self) {
        let mut stops = self.heard();
        let stopped = stops.wait_for(|stops| *stops).await.is_ok();
        if !stopped || self.left().is_none() {
            std::future::pending().await
        }
    }

    /// Why it has left, if it has.
    pub(crate) fn left(&self) -> Option<&'static str> {
        self.left.get().copied()
    }

    /// It cannot go on.
    pub(crate) fn fail(&self, why: impl ToString) {
        let mut first = self.why.lock().expect("nobody panics while holding it");
        first.get_or_insert_with(|| why.to_string());
        drop(first);
        self.stop();
    }

    /// Hears of it.
    pub(crate) fn heard(&self) -> watch::Receiver<bool> {
        self.stops.subscribe()
    }

    /// Why it cannot go on, if that is why it stops.
    pub(crate) fn why(&self) -> Option<String> {
        self.why.lock().expect("nobody panics while holding it").take()
    }
}
