//! A histogram whose limits are a list.
//!
//! Owns [`Steps`], for what is not measured in powers of two.

use super::kinds::{Metric, line, number};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often something was no larger than each of some limits.
#[derive(Debug)]
pub struct Steps {
    limits: &'static [f64],
    /// One more than there are limits.
    counts: Vec<AtomicU64>,
    nanoseconds: AtomicU64,
}

impl Steps {
    /// Nothing yet, and these limits, which grow.
    pub fn new(limits: &'static [f64]) -> Steps {
        let counts = (0..=limits.len()).map(|_| AtomicU64::new(0)).collect();
        Steps { limits, counts, nanoseconds: AtomicU64::new(0) }
    }

    /// Something took so long, in a histogram of seconds.
    pub fn took(&self, time: Duration) {
        let at = self.limits.partition_point(|limit| *limit < time.as_secs_f64());
        self.counts[at].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl Metric for Steps {
    const KIND: &'static str = "histogram";

    fn lines(&self, name: &str, labels: &str, text: &mut String) {
        let comma = if labels.is_empty() { "" } else { "," };
        let bucket = format!("{name}_bucket");
        let mut total = 0;
        let all = self.limits.iter().map(|limit| number(*limit)).chain(["+Inf".to_owned()]);
        for (le, count) in all.zip(&self.counts) {
            total += count.load(Ordering::Relaxed);
            line(text, &bucket, &format!("{labels}{comma}le=\"{le}\""), total as f64);
        }
        let sum = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
        line(text, &format!("{name}_sum"), labels, sum);
        line(text, &format!("{name}_count"), labels, total as f64);
    }
}
