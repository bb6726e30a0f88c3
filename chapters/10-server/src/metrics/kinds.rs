//! The kinds of metrics, and how a page of them is written.
//!
//! Owns [`Counter`], [`Gauge`] and [`Histogram`], the same with labels as [`Family`], and [`Page`],
//! which is Prometheus' text format 0.0.4. They are our own since etcd's names do not end as
//! libraries want them to. Counting is an atomic addition, and nobody waits for a lock.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// What only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

/// What grows and shrinks.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

/// How often something was how large. Each limit is twice the one before.
#[derive(Debug)]
pub struct Histogram {
    first: f64,
    /// How many were within each limit and not the one before; the last ones were beyond all.
    counts: Box<[AtomicU64]>,
    /// The bits of a number.
    sum: AtomicU64,
}

/// One metric for each combination of labels, and not more than there is room for: whatever a
/// client may choose could be chosen anew for ever. Beyond that, all labels are `other`.
#[derive(Debug)]
pub struct Family<M> {
    labels: &'static [&'static str],
    make: fn() -> M,
    slots: Box<[Slot<M>]>,
    other: M,
}

/// Room for a metric, and what its labels say.
type Slot<M> = OnceLock<(Vec<String>, M)>;

/// So many combinations of labels are told apart.
const COMBINATIONS: usize = 128;

/// What is written onto a page, under a name.
pub trait Metric {
    /// What Prometheus calls it.
    const KIND: &'static str;

    /// Writes its lines. `labels` are those of this one, as they are written.
    fn lines(&self, name: &str, labels: &str, text: &mut String);
}

impl Counter {
    /// So many more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// How many there were.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    /// It is so much now.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// The same, for what cannot be so large.
    pub fn set_unsigned(&self, value: u64) {
        self.set(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// So much more, or less.
    pub fn add(&self, change: i64) {
        self.0.fetch_add(change, Ordering::Relaxed);
    }

    /// How much it is.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Histogram {
    /// With so many limits, the first of which is this one.
    pub fn new(first: f64, limits: usize) -> Histogram {
        let counts = (0..=limits).map(|_| AtomicU64::default()).collect();
        Histogram { first, counts, sum: AtomicU64::default() }
    }

    /// Something was so large.
    pub fn observe(&self, value: f64) {
        let (mut limit, mut at) = (self.first, 0);
        while value > limit && at + 1 < self.counts.len() {
            limit *= 2.0;
            at += 1;
        }
        self.counts[at].fetch_add(1, Ordering::Relaxed);
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        let _ = self.sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// How often something was observed.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// Something took so long, in a histogram of seconds.
    pub fn took(&self, time: Duration) {
        self.observe(time.as_secs_f64());
    }
}

impl<M> Family<M> {
    /// None yet, with labels of these names.
    pub fn new(labels: &'static [&'static str], make: fn() -> M) -> Family<M> {
        let slots = (0..COMBINATIONS).map(|_| OnceLock::new()).collect();
        Family { labels, make, slots, other: make() }
    }

    /// All that there are.
    pub fn all(&self) -> impl Iterator<Item = &M> {
        self.slots.iter().map_while(OnceLock::get).map(|(_, metric)| metric)
    }

    /// The one with these labels.
    pub fn with(&self, values: &[&str]) -> &M {
        for slot in &self.slots {
            let new = || (values.iter().map(|value| value.to_string()).collect(), (self.make)());
            let (labels, metric) = slot.get_or_init(new);
            if labels == values {
                return metric;
            }
        }
        &self.other
    }
}

impl Metric for Counter {
    const KIND: &'static str = "counter";

    fn lines(&self, name: &str, labels: &str, text: &mut String) {
        line(text, name, labels, self.get() as f64);
    }
}

impl Metric for Gauge {
    const KIND: &'static str = "gauge";

    fn lines(&self, name: &str, labels: &str, text: &mut String) {
        line(text, name, labels, self.get() as f64);
    }
}

impl Metric for Histogram {
    const KIND: &'static str = "histogram";

    fn lines(&self, name: &str, labels: &str, text: &mut String) {
        let (mut limit, mut total) = (self.first, 0);
        let comma = if labels.is_empty() { "" } else { "," };
        let bucket = format!("{name}_bucket");
        for (at, count) in self.counts.iter().enumerate() {
            total += count.load(Ordering::Relaxed);
            let is_last = at + 1 == self.counts.len();
            let le = if is_last { "+Inf".to_owned() } else { number(limit) };
            line(text, &bucket, &format!("{labels}{comma}le=\"{le}\""), total as f64);
            limit *= 2.0;
        }
        let sum = f64::from_bits(self.sum.load(Ordering::Relaxed));
        line(text, &format!("{name}_sum"), labels, sum);
        line(text, &format!("{name}_count"), labels, total as f64);
    }
}

impl<M: Metric> Metric for Family<M> {
    const KIND: &'static str = M::KIND;

    fn lines(&self, name: &str, _: &str, text: &mut String) {
        for (values, metric) in self.slots.iter().map_while(OnceLock::get) {
            let pairs = self.labels.iter().copied().zip(values.iter().map(String::as_str));
            metric.lines(name, &labels(pairs), text);
        }
        let mut beyond = String::new();
        let pairs = self.labels.iter().map(|label| (*label, "other"));
        self.other.lines(name, &labels(pairs), &mut beyond);
        if self.slots.iter().all(|slot| slot.get().is_some()) {
            text.push_str(&beyond);
        }
    }
}

/// Metrics, as they are asked for.
#[derive(Debug, Default)]
pub struct Page {
    /// By name, in order.
    metrics: BTreeMap<String, String>,
}

impl Page {
    /// Adds a metric.
    pub fn add<M: Metric>(&mut self, name: &str, help: &str, metric: &M) {
        let lines = self.begin(name, help, M::KIND);
        metric.lines(name, "", lines);
    }

    /// Adds the line of a number that somebody else has counted.
    pub fn number(&mut self, name: &str, help: &str, kind: &str, labels: &str, value: f64) {
        let lines = self.begin(name, help, kind);
        line(lines, name, labels, value);
    }

    /// Adds one of the metrics of a name.
    pub fn one_of<M: Metric>(&mut self, name: &str, help: &str, labels: &str, metric: &M) {
        let lines = self.begin(name, help, M::KIND);
        metric.lines(name, labels, lines);
    }

    fn begin(&mut self, name: &str, help: &str, kind: &str) -> &mut String {
        let head = || format!("# HELP {name} {}\n# TYPE {name} {kind}\n", help.trim());
        self.metrics.entry(name.to_owned()).or_insert_with(head)
    }

    /// The page. A metric that has a name and no line is left out, as by others.
    pub fn text(&self) -> String {
        let has_lines = |text: &&String| text.lines().any(|line| !line.starts_with('#'));
        self.metrics.values().filter(has_lines).map(String::as_str).collect()
    }
}

/// Labels, as they are written.
pub fn labels<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        let comma = if text.is_empty() { "" } else { "," };
        let value = value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
        write!(text, "{comma}{name}=\"{value}\"").expect("a text takes all");
    }
    text
}

pub fn line(text: &mut String, name: &str, labels: &str, value: f64) {
    let value = number(value);
    let written = match labels {
        "" => writeln!(text, "{name} {value}"),
        labels => writeln!(text, "{name}{{{labels}}} {value}"),
    };
    written.expect("a text takes all");
}

/// A number as Go writes it, since limits are names too: `1.048576e+06`.
pub fn number(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    match exponent {
        -4..=5 => value.to_string(),
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
    }
}
