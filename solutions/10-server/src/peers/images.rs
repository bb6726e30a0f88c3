//! The state itself, from one member to another.
//!
//! Owns [`bring`] and [`receive`]. What is brought is the file of the store as it was at a commit,
//! and its digest behind it. It has a connection of its own, so that letters need not wait for it,
//! and is read and written where threads may wait for a disk. It goes no faster than the other
//! member writes.
//!
//! A file that comes is not the store until all of it is there, its digest is right, it can be
//! opened, and says itself up to which entry it goes. Until then it has another name, and a start
//! removes it.
//!
//! Left to others: whether it is wanted (`raft`), and what takes the store's place (`state`).

use super::connection::Line;
use super::{BRING, Room};
use crate::disk::File;
use crate::journal::fields;
use crate::letters::{Brought, ToReplica};
use crate::lines::hex;
use crate::links::Link;
use crate::metrics::{Gauge, Images};
use crate::rows;
use crate::sizes::size;
use basics::{Index, NodeId, Position, Term};
use bolt::backend;
use bytes::Bytes;
use futures_util::stream;
use sha2::{Digest, Sha256};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tonic::metadata::MetadataMap;
use tonic::{Status, Streaming};

/// So many bytes have to be free besides: the log's next segments, and what the store writes.
const BESIDE: u64 = 256 << 20;

/// Up to which entry an image goes, and how long it is.
const TERM: &str = "term";
const INDEX: &str = "index";
const LENGTH: &str = "length";

/// How long the digest is.
const DIGEST: usize = 32;

/// What a file is called that is on its way.
const PART: &str = "db.part";

/// So long a piece takes to come.
const SILENCE: Duration = Duration::from_secs(30);

/// So long it takes until the next attempt.
const AGAIN: Duration = Duration::from_secs(1);

/// Brings the newest state to a member. The replica hears what became of it; that it has arrived,
/// the other says itself.
pub async fn bring(room: Arc<Room>, to: NodeId, link: Arc<Link>) {
    let (images, other) = (&room.member.facts.metrics.images, hex(to.0));
    let sending = Under::way(images.sending.with(&[&other]));
    let brought = try_to_bring(&room, to, &link).await;
    drop(sending);
    if let Err(why) = brought {
        images.not_sent.with(&[&other]).add(1);
        room.member.facts.metrics.peers.send_failures.with(&[&other]).add(1);
        let fields = fields!["remote-peer-id": hex(to.0), "error": why];
        room.journal.warn("failed to send database snapshot", fields);
        // It would be wanted again at once.
        tokio::time::sleep(AGAIN).await;
        room.replica.put(ToReplica::NotBrought(to));
    }
}

async fn try_to_bring(room: &Room, to: NodeId, link: &Link) -> Result<(), String> {
    let began = Instant::now();
    let mut line = Err("it has no address".to_owned());
    for url in &link.urls {
        line = Line::connect(&room.dialer, url).await;
        if line.is_ok() {
            break;
        }
    }
    let line = line?;
    // What is only in memory would not be in the file.
    room.member.settle().await.map_err(|status| status.message().to_owned())?;
    let view = room.member.reader.view();
    let file = view.rows().file().clone();
    // Whoever fetches slowly holds no compaction back.
    drop(view);
    let at = position(&file)?;
    let length = file.image_length();
    room.replica.put(ToReplica::Bringing(to, at));
    let fields = || {
        fields![
            "snapshot-index": at.index.0,
            "remote-peer-id": hex(to.0),
            "bytes": length,
            "size": size(length),
        ]
    };
    room.journal.info("sending database snapshot", fields());
    let (send, pieces) = mpsc::channel(1);
    let reading = spawn_blocking(move || {
        file.backup(|piece| send.blocking_send(Bytes::copy_from_slice(piece)).is_ok())
    });
    let pieces = stream::unfold(pieces, |mut pieces| async {
        let piece = pieces.recv().await?;
        Some((piece, pieces))
    });
    let more = [(TERM, hex(at.term.0)), (INDEX, hex(at.index.0)), (LENGTH, hex(length))];
    let sent = line.stream(room.road, to, BRING, pieces, &more).await;
    let read = reading.await.map_err(|error| error.to_string())?;
    read.map_err(|error| error.to_string())?;
    sent.map_err(|status| status.message().to_owned())?;
    room.journal.info("sent database snapshot", fields());
    let counted = &room.member.facts.metrics;
    counted.disk.snapshot.took(began.elapsed());
    counted.images.sent.with(&[&hex(to.0)]).add(1);
    counted.images.send.with(&[&hex(to.0)]).took(began.elapsed());
    counted.peers.sent.with(&[&hex(to.0)]).add(length);
    Ok(())
}

/// An image that is on its way, in the metrics.
struct Under<'a>(&'a Gauge);

impl Under<'_> {
    fn way(gauge: &Gauge) -> Under<'_> {
        gauge.add(1);
        Under(gauge)
    }
}

impl Drop for Under<'_> {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

/// Up to which entry a file goes.
fn position(file: &bolt::View<File>) -> Result<Position, String> {
    let found = rows::position_in(file).map_err(|error| error.to_string())?;
    found.ok_or_else(|| "the store does not say up to which entry it goes".to_owned())
}

/// Takes the image that a member brings.
pub async fn receive(
    room: &Room,
    from: NodeId,
    metadata: &MetadataMap,
    pieces: Streaming<Bytes>,
    place: OwnedSemaphorePermit,
) -> Result<Bytes, Status> {
    let number = |name: &str| {
        let text = metadata.get(name).and_then(|value| value.to_str().ok());
        text.and_then(|text| u64::from_str_radix(text, 16).ok())
    };
    let (Some(term), Some(index), Some(length)) = (number(TERM), number(INDEX), number(LENGTH))
    else {
        return Err(Status::invalid_argument("an image that does not say what it is of"));
    };
    let at = Position { term: Term(term), index: Index(index) };
    let (began, other) = (Instant::now(), hex(from.0));
    let fields = || {
        fields![
            "local-member-id": hex(room.road.own.0),
            "remote-snapshot-sender-id": other,
            "incoming-snapshot-index": at.index.0,
        ]
    };
    room.journal.info("receiving database snapshot", fields());
    let images = &room.member.facts.metrics.images;
    let receiving = Under::way(images.receiving.with(&[&other]));
    let part = Part(room.store.join(PART));
    let saved = save(room, &part, (at, length), pieces).await;
    drop(receiving);
    if let Err(status) = saved {
        images.not_received.with(&[&other]).add(1);
        let mut fields = fields();
        fields.push(("error", status.message().into()));
        room.journal.error("failed to save incoming database snapshot", fields);
        return Err(status);
    }
    images.received.with(&[&other]).add(1);
    images.receive.with(&[&other]).took(began.elapsed());
    room.member.facts.metrics.peers.received.with(&[&other]).add(length);
    let mut received = fields();
    received.extend(fields![
        "incoming-snapshot-size-bytes": length,
        "incoming-snapshot-size": size(length),
        "download-took": format!("{:?}", began.elapsed()),
    ]);
    room.journal.info("received and saved database snapshot", received);
    let (done, is_done) = oneshot::channel();
    let brought = Brought { at, part: part.0.clone(), place, done };
    room.replica.put(ToReplica::Brought(brought));
    // Whoever brings it must not think that it is there before it is.
    is_done.await.map_err(|_| Status::aborted("it is not wanted"))?;
    Ok(Bytes::new())
}

/// Writes what comes, if there is room for it.
async fn save(
    room: &Room,
    part: &Part,
    (at, length): (Position, u64),
    mut pieces: Streaming<Bytes>,
) -> Result<(), Status> {
    // A disk that is full would end this member, and its log with it, which goes on meanwhile.
    let free = room_at(&room.store).map_err(|error| Status::internal(error.to_string()))?;
    if length.saturating_add(BESIDE) > free {
        let why = format!("it has {length} bytes, and there is room for {free}");
        return Err(Status::resource_exhausted(why));
    }
    let (send, arrived) = mpsc::channel(1);
    let writing = {
        let (part, facts) = (part.0.clone(), room.member.facts.clone());
        spawn_blocking(move || write(&part, at, length, arrived, &facts.metrics.images))
    };
    let broken = loop {
        let piece = timeout(SILENCE, pieces.message()).await;
        match piece.unwrap_or_else(|_| Err(Status::deadline_exceeded("nothing more comes"))) {
            // If it could not be written, whoever writes says why.
            Ok(Some(piece)) if send.send(piece.clone()).await.is_ok() => {}
            Ok(_) => break None,
            Err(status) => break Some(status),
        }
    };
    // If it was cut short, its digest is wrong.
    drop(send);
    let written = writing.await.map_err(|error| Status::internal(error.to_string()))?;
    match broken {
        Some(status) => Err(status),
        None => written.map_err(Status::aborted),
    }
}

/// How many bytes a disk still takes.
fn room_at(place: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(place)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// What has come of an image. It is gone in the end: it has another name by then, or is worth
/// nothing.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes what comes. When it returns, all of it is on disk, and is what was sent.
fn write(
    part: &Path,
    at: Position,
    length: u64,
    mut pieces: mpsc::Receiver<Bytes>,
    counted: &Images,
) -> Result<(), String> {
    let began = Instant::now();
    let doing = |what: &'static str| {
        move |error: io::Error| format!("cannot {what} {}: {error}", part.display())
    };
    let options = OpenOptions::new().write(true).create(true).truncate(true).to_owned();
    let mut file = options.clone().mode(0o600).open(part).map_err(doing("make"))?;
    let mut digest = Sha256::new();
    // The digest comes last, and may come in parts.
    let mut last: Vec<u8> = Vec::new();
    let mut left = length;
    while let Some(piece) = pieces.blocking_recv() {
        last.extend_from_slice(&piece);
        let whole = last.len().saturating_sub(DIGEST);
        let whole: Vec<u8> = last.drain(..whole).collect();
        left = left.checked_sub(whole.len() as u64).ok_or("it is longer than was said")?;
        digest.update(&whole);
        file.write_all(&whole).map_err(doing("write"))?;
    }
    if digest.finalize()[..] != last[..] {
        return Err("the image is not what was sent".to_owned());
    }
    let syncs = Instant::now();
    file.sync_all().map_err(doing("sync"))?;
    counted.sync.took(syncs.elapsed());
    counted.save.took(began.elapsed());
    drop(file);
    let place = part.parent().ok_or("it is nowhere")?;
    let (rows, _) = backend::open(bolt::Folder::new(place), PART, bolt::Options::default())
        .map_err(|error| error.to_string())?;
    match rows::position(&rows.reader().view()).map_err(|error| error.to_string())? {
        Some(found) if found == at => Ok(()),
        found => Err(format!("the image goes up to {found:?}, and should to {at}")),
    }
}

/// Removes what had come of an image when a member ended. For a start.
pub fn discard_parts(store: &Path) -> io::Result<()> {
    let part: PathBuf = store.join(PART);
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
