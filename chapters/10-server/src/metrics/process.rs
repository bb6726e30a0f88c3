//! What the system knows of this process, as far as it tells.
//!
//! Owns how that is read from `/proc`. Where there is none, these metrics are left out.

use super::kinds::Page;
use std::fs::{read_dir, read_to_string};

/// The clock by which Linux tells times of processes ticks so often a second, on every machine.
const TICKS: f64 = 100.0;

/// Adds everything.
pub fn print(page: &mut Page) {
    let mut gauge = |name: &str, help: &str, value: Option<f64>| {
        if let Some(value) = value {
            page.number(name, help, "gauge", "", value);
        }
    };
    let open = read_dir("/proc/self/fd").ok().map(|found| found.count() as f64);
    gauge("process_open_fds", "Files that are open.", open);
    gauge("os_fd_used", "Files that are open.", open);
    let most = limit("Max open files");
    gauge("process_max_fds", "Files that may be open.", most);
    gauge("os_fd_limit", "Files that may be open.", most);
    let status = |name| kibibytes(&read_to_string("/proc/self/status").ok()?, name);
    gauge("process_resident_memory_bytes", "Memory in use.", status("VmRSS:"));
    gauge("process_virtual_memory_bytes", "Addresses in use.", status("VmSize:"));
    let most = limit("Max address space");
    gauge("process_virtual_memory_max_bytes", "Addresses that may be in use.", most);
    gauge("process_start_time_seconds", "When it started, as Unix time.", started());
    let mut counter = |name: &str, help: &str, value: Option<f64>| {
        if let Some(value) = value {
            page.number(name, help, "counter", "", value);
        }
    };
    let used = Some(()).and_then(|()| Some((stat(13)? + stat(14)?) / TICKS));
    counter("process_cpu_seconds_total", "Time that processors spent.", used);
    let (received, sent) = (network("InOctets"), network("OutOctets"));
    counter("process_network_receive_bytes_total", "Bytes that came over networks.", received);
    counter("process_network_transmit_bytes_total", "Bytes that went over networks.", sent);
}

/// A field of the process' line, counted from 0.
fn stat(field: usize) -> Option<f64> {
    let line = read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in brackets, which may be anything.
    let (_, rest) = line.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(field.checked_sub(2)?)?.parse().ok()
}

fn started() -> Option<f64> {
    let system = read_to_string("/proc/stat").ok()?;
    let booted = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(booted.trim().parse::<f64>().ok()? + stat(21)? / TICKS)
}

/// A limit of the process; the largest number if there is none.
pub fn limit(name: &str) -> Option<f64> {
    let limits = read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    match line.split_ascii_whitespace().next()? {
        "unlimited" => Some(u64::MAX as f64),
        number => number.parse().ok(),
    }
}

fn kibibytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_ascii_whitespace().next()?.parse::<f64>().ok()? * 1024.0)
}

/// A number of the system's network: names are on one line, numbers on the next.
fn network(name: &str) -> Option<f64> {
    let table = read_to_string("/proc/self/net/netstat").ok()?;
    let mut lines = table.lines().filter(|line| line.starts_with("IpExt:"));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let at = names.split_ascii_whitespace().position(|found| found == name)?;
    numbers.split_ascii_whitespace().nth(at)?.parse().ok()
}
