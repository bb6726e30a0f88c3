//! Which revisions are old.
//!
//! Owns [`Retention`]: how far back a member keeps what was, by time or by number. It looks at no
//! clock; whoever asks says what time it is.
//!
//! By time, it takes a sample of the newest revision every now and then, and when the oldest sample
//! is as old as what is kept, everything before it may go. So what is kept is kept for that long at
//! least, and for a tenth more at most.

use crate::config::AutoCompaction;
use std::collections::VecDeque;
use std::time::Duration;

/// However much is kept, old revisions go once an hour.
const LONGEST: Duration = Duration::from_secs(3600);

/// So many samples are taken in the time between two compactions.
const SAMPLES: u32 = 10;

/// By number, it is looked so often.
const BY_NUMBER: Duration = Duration::from_secs(300);

/// How far back a member keeps what was.
pub struct Retention {
    kept: AutoCompaction,
    /// When the next look is due, since the start.
    due: Duration,
    /// The newest revision at each of the last looks.
    samples: VecDeque<i64>,
    /// When revisions last went, since the start.
    last: Option<Duration>,
    /// And the time before that.
    before: Option<Duration>,
    /// What was said last to be old. If it has gone, it is not said again.
    said: Option<i64>,
}

impl Retention {
    /// So much is kept.
    pub fn new(kept: AutoCompaction) -> Retention {
        let due = match kept {
            AutoCompaction::Periodic(_) => Duration::ZERO,
            AutoCompaction::Revision(_) => BY_NUMBER,
            AutoCompaction::Off => Duration::MAX,
        };
        Retention { kept, due, samples: VecDeque::new(), last: None, before: None, said: None }
    }

    /// When the next look is due, since the start.
    pub fn due(&self) -> Duration {
        self.due
    }

    /// Looks, if it is due. What is said is the revision up to which everything may go; a look
    /// after that finds whether it has.
    pub fn look(&mut self, now: Duration, newest: i64, compacted: Option<i64>) -> Option<i64> {
        if now < self.due {
            return None;
        }
        if self.said > compacted {
            // What was said last has not happened: it is said again, as soon as may be.
            (self.said, self.last) = (None, self.before);
        }
        match self.kept {
            AutoCompaction::Off => None,
            AutoCompaction::Periodic(kept) => self.by_time(kept, now, newest),
            AutoCompaction::Revision(kept) => {
                self.due = now + BY_NUMBER;
                let old = newest.saturating_sub_unsigned(kept);
                self.say(old, now)
            }
        }
    }

    fn by_time(&mut self, kept: Duration, now: Duration, newest: i64) -> Option<i64> {
        let between = kept.min(LONGEST);
        let pause = between / SAMPLES;
        self.due = now + pause.max(Duration::from_millis(1));
        let most = kept.as_nanos() / pause.as_nanos().max(1) + 1;
        if self.samples.len() as u128 >= most {
            self.samples.pop_front();
        }
        let oldest = self.samples.front().copied();
        self.samples.push_back(newest);
        let is_time = match self.last {
            None => now >= kept,
            Some(last) => now - last >= between,
        };
        if is_time { self.say(oldest?, now) } else { None }
    }

    fn say(&mut self, old: i64, now: Duration) -> Option<i64> {
        if old <= 0 || self.said == Some(old) {
            return None;
        }
        self.said = Some(old);
        (self.before, self.last) = (self.last, Some(now));
        Some(old)
    }
}
