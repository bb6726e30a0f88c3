//! Rates: how they are taken, and how they are written.
//!
//! Owns [`Rates`] and [`alternate`], and how much memory there is. It knows nothing of what is
//! measured.

use std::fmt;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// How often each side is measured.
pub const ROUNDS: usize = 5;

/// So many things a second, in several runs. In order, and never empty.
pub struct Rates(Vec<f64>);

/// The machine that the figures are of.
pub fn machine() -> String {
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    let cores = available_parallelism().map_or("unknown".to_owned(), |count| count.to_string());
    format!("machine: {system}, {processor}, cores: {cores}")
}

/// Runs these in turn, after one run of each that does not count: so what the machine does beside
/// them meets all. Each run does `count` of what is measured, and says how long that took; what it
/// prepares and clears away is not part of it.
pub fn alternate(count: u64, runs: &[impl Fn() -> Duration]) -> Vec<Rates> {
    runs.iter().for_each(|run| {
        run();
    });
    let rate = |run: &dyn Fn() -> Duration| count as f64 / run().as_secs_f64();
    let round = || runs.iter().map(|run| rate(run)).collect();
    let rounds: Vec<Vec<f64>> = (0..ROUNDS).map(|_| round()).collect();
    let of = |place: usize| Rates::new(rounds.iter().map(|rates| rates[place]).collect());
    (0..runs.len()).map(of).collect()
}

/// How long this takes.
pub fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// How much memory this process has, where the system says it.
pub fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096
}

impl Rates {
    fn new(mut rates: Vec<f64>) -> Rates {
        rates.sort_by(f64::total_cmp);
        Rates(rates)
    }

    /// The one in the middle.
    pub fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }
}

impl fmt::Display for Rates {
    /// The median, and the slowest and the fastest run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [self.median(), self.0[0], self.0[self.0.len() - 1]];
        let [median, slowest, fastest] = all.map(|rate| grouped(rate as u64));
        f.pad(&format!("{median} ({slowest} to {fastest})"))
    }
}

/// A number with commas between its thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let texts = [0, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn rates_show_the_middle_and_both_ends() {
        let rates = Rates::new(vec![3_000.0, 1.0, 2_000.0]);
        assert_eq!(rates.to_string(), "2,000 (1 to 3,000)");
    }
}
