//! When a member is to stop.
//!
//! Owns [`Stop`], one word that everything listens to.

use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// Says when a member is to stop, and why, if it is not by somebody's wish.
#[derive(Clone)]
pub struct Stop {
    stops: watch::Sender<bool>,
    why: Arc<Mutex<Option<String>>>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { stops: watch::Sender::new(false), why: Arc::default() }
    }
}

impl Stop {
    /// It is to stop.
    pub fn stop(&self) {
        self.stops.send_replace(true);
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
