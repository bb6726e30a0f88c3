//! Whether threads of this process interrupt each other.
//!
//! Owns [`Turns`]. A thread that wakes up runs at once, if the system finds that whoever runs has
//! had enough: so one put after another gets through as fast as can be. Where many are under way
//! and processors are few, it is the wrong way: each thread is woken for a letter or two, and most
//! of what a put costs is waking, switching, a small write and a small frame. Then whoever wakes up
//! is to wait for its turn. More gathers meanwhile, and each sync, frame and answer carries more.
//!
//! Many are under way if a save has many entries, since those have come while the log synced. If
//! saves are small, threads interrupt each other again: beside processes that compute all the time,
//! a put that waits for a turn of each thread on its way would take several times as long.
//!
//! Only Linux has such a policy. Elsewhere, and where it is refused, all stays as it is.

/// With so many entries a save, threads begin to take turns; and with fewer than so few, they end.
const MANY: usize = 5;
const FEW: usize = 3;

/// So many saves say something.
const SOME: usize = 4;

/// Looks at what is saved, and decides.
#[derive(Default)]
pub struct Turns {
    /// Since the last tick.
    saves: usize,
    entries: usize,
    /// They take turns.
    are_taken: bool,
}

impl Turns {
    /// So many entries go to the log together.
    pub fn note(&mut self, entries: usize) {
        self.saves += usize::from(entries > 0);
        self.entries += entries;
    }

    /// Decides anew, by what was saved since the last tick.
    pub fn tick(&mut self) {
        let (saves, entries) = (std::mem::take(&mut self.saves), std::mem::take(&mut self.entries));
        let least = if self.are_taken { FEW } else { MANY };
        let are_wanted = saves >= SOME && entries >= least * saves;
        if are_wanted != self.are_taken {
            self.are_taken = are_wanted;
            set(are_wanted);
        }
    }
}

/// Tells the system, of all threads that there are. One that begins later does as whoever began it.
#[cfg(target_os = "linux")]
fn set(are_taken: bool) {
    use uapi::c::{SCHED_BATCH, SCHED_OTHER, sched_param};
    let policy = if are_taken { SCHED_BATCH } else { SCHED_OTHER };
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    for number in threads.filter_map(|thread| thread.file_name().to_str()?.parse().ok()) {
        // Not if whoever started the process wishes something else for it.
        if matches!(uapi::sched_getscheduler(number), Ok(SCHED_OTHER | SCHED_BATCH)) {
            // It may have ended just now.
            let _ = uapi::sched_setscheduler(number, policy, &sched_param { sched_priority: 0 });
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn set(_: bool) {}
