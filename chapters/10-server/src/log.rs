//! The thread that waits for the log's disk.
//!
//! Owns the way from a save to its receipt. While one write is synced, others come; they are the
//! next write. So the slower the disk is, the more of them share a sync.
//!
//! Left to others: what is saved, and when the log may be let go (`replica`).

use crate::disk::LogFolder;
use crate::facts::Facts;
use crate::letters::{ToLog, ToReplica};
use crate::links::Links;
use crate::mailbox::Mailbox;
use crate::metrics::Metrics;
use std::sync::Arc;
use std::time::Instant;
use wal::{Error, Options, Wal, prepare_spare};

/// The log's writer.
pub struct Writer {
    /// The log, and where it is.
    pub log: Wal<LogFolder>,
    /// Its directory.
    pub directory: LogFolder,
    /// How it is written.
    pub options: Options,
    /// What it is told.
    pub jobs: Arc<Mailbox<ToLog>>,
    /// Who gets the receipts.
    pub replica: Arc<Mailbox<ToReplica>>,
    /// Where it is counted.
    pub facts: Arc<Facts>,
    /// Where letters go that waited for the disk.
    pub links: Arc<Links>,
}

impl Writer {
    /// Writes until it is told to stop, or something fails. Then nothing more will be written, and
    /// the process should end.
    pub fn run(self) -> Result<(), Error> {
        let Writer { mut log, directory, options, jobs, replica, facts, links } = self;
        let wanted = Mailbox::default();
        std::thread::scope(|scope| {
            let spares = scope.spawn(|| prepare_spares(&directory, options, &wanted));
            let to = To { replica: &replica, links: &links };
            let written = write(&mut log, &jobs, &to, &wanted, &facts.metrics, || {
                // Whoever prepares segments ends before it is told to only if the disk has failed.
                spares.is_finished()
            });
            wanted.put(Spare::Stop);
            written.and(spares.join().expect("it does not panic"))
        })
    }
}

/// What the thread is told that prepares segments.
enum Spare {
    Prepare,
    Stop,
}

/// Who hears that something is on disk.
struct To<'a> {
    replica: &'a Mailbox<ToReplica>,
    links: &'a Links,
}

fn write(
    log: &mut Wal<LogFolder>,
    jobs: &Mailbox<ToLog>,
    to: &To<'_>,
    spares: &Mailbox<Spare>,
    metrics: &Metrics,
    has_failed: impl Fn() -> bool,
) -> Result<(), Error> {
    let mut arrived = Vec::new();
    let mut segment = None;
    while !has_failed() {
        if segment != Some(log.segment()) {
            segment = Some(log.segment());
            spares.put(Spare::Prepare);
        }
        jobs.take(&mut arrived);
        let (mut saves, mut released, mut stops) = (Vec::with_capacity(arrived.len()), None, false);
        let began = Instant::now();
        for job in arrived.drain(..) {
            match job {
                ToLog::Write(save) => {
                    log.add(save.content())?;
                    saves.push(save);
                }
                ToLog::Release(index) => released = Some(index),
                ToLog::Stop => stops = true,
            }
        }
        metrics.disk.log_write.took(began.elapsed());
        let began = Instant::now();
        log.sync()?;
        metrics.disk.log_sync.took(began.elapsed());
        let mut letters = Vec::new();
        let synced = saves.into_iter().map(|save| {
            let (receipt, waited) = save.synced();
            letters.extend(waited);
            ToReplica::Synced(receipt)
        });
        let synced: Vec<ToReplica> = synced.collect();
        to.links.send(letters);
        to.replica.put_all(synced);
        // Not before the saves are synced that came before it.
        if let Some(index) = released {
            log.release(index)?;
        }
        if stops {
            return Ok(());
        }
    }
    Ok(())
}

/// Zeroes segments ahead of their use, so that the writer need not wait for it.
fn prepare_spares(
    directory: &LogFolder,
    options: Options,
    wanted: &Mailbox<Spare>,
) -> Result<(), Error> {
    let mut arrived = Vec::new();
    loop {
        wanted.take(&mut arrived);
        if arrived.iter().any(|spare| matches!(spare, Spare::Stop)) {
            return Ok(());
        }
        prepare_spare(directory, options)?;
    }
}
