//! What clients ask for.
//!
//! Owns requests to make watchers, to end them, and to be told how far they are; and which of them
//! are refused. A refusal is an answer, and the stream goes on.
//!
//! Left to others: who may watch what. The server has looked before it asks.

use crate::answer::Answer;
use crate::hub::{Hub, Limits, line_up};
use crate::numbers::{StreamId, WatchId};
use crate::stream::{Full, Held, Stream};
use crate::watcher::{Wants, Watcher};
use api::{Error, Keys, Revision, WatchCreateRequest};
use bytes::Bytes;
use std::collections::BTreeMap;

/// No key is in the range.
pub const EMPTY_RANGE: &str = "mvcc: watcher range is empty";

/// The number is taken.
pub const DUPLICATE: &str = "mvcc: duplicate watch ID provided on the WatchStream";

impl Hub {
    /// A client wants a watcher. It is answered, whether there will be one or not, before the
    /// watcher is told of anything.
    ///
    /// `allowed` says whether the client may read these keys. The server finds out, for the range
    /// as the request has it, where only an empty key has become the first one that there is: if it
    /// looked at less than what is watched in the end, a client could watch what it may not read.
    pub fn create(
        &mut self,
        id: StreamId,
        request: &WatchCreateRequest,
        allowed: Result<(), Error>,
    ) -> Result<(), Full> {
        let (limits, current) = (self.limits, self.current);
        let Some(stream) = listen(&mut self.streams, limits, id)? else { return Ok(()) };
        match admit(stream, limits, request, allowed) {
            Ok((watcher, keys, start)) => {
                if request.watch_id == 0 {
                    stream.free = watcher.0.wrapping_add(1);
                }
                self.ranges.add(&keys, (id, watcher));
                let held = Watcher::new(keys, Wants::new(request), start, current);
                stream.watchers.insert(watcher, Held::By(Box::new(held)));
                stream.control.push_back(Answer::created(watcher, current));
                if let Some(mark) = &mut stream.mark {
                    mark.wait_for(watcher);
                }
                stream.place(watcher);
            }
            Err(reason) => stream.control.push_back(Answer::refused(reason, current)),
        }
        line_up(&mut self.lines, id, stream);
        Ok(())
    }

    /// A client ends a watcher. If it has none of that number, it is told nothing.
    pub fn cancel(&mut self, id: StreamId, watcher: WatchId) -> Result<(), Full> {
        let Some(stream) = listen(&mut self.streams, self.limits, id)? else { return Ok(()) };
        if stream.watchers.contains_key(&watcher) {
            stream.control.push_back(Answer::canceled(watcher, self.current));
            if let Some(gone) = stream.end(watcher, None) {
                self.ranges.remove(&gone.keys, (id, watcher));
            }
            line_up(&mut self.lines, id, stream);
        }
        Ok(())
    }

    /// A client wants to know how far all watchers of its stream are. It is told, if all of them
    /// are in sync, and else it is told nothing. From that answer on, all that those watchers are
    /// told is newer. One request after the other is answered.
    pub fn progress(&mut self, id: StreamId) -> Result<(), Full> {
        let Some(stream) = listen(&mut self.streams, self.limits, id)? else { return Ok(()) };
        match stream.mark {
            Some(_) => stream.asked += 1,
            None => stream.hear(self.current),
        }
        line_up(&mut self.lines, id, stream);
        Ok(())
    }
}

/// A stream, if it is open, and its client fetches its answers.
fn listen(
    streams: &mut BTreeMap<StreamId, Box<Stream>>,
    limits: Limits,
    id: StreamId,
) -> Result<Option<&mut Stream>, Full> {
    match streams.get_mut(&id) {
        Some(stream) if stream.waiting() >= limits.answers.max(1) => Err(Full),
        Some(stream) => Ok(Some(stream)),
        None => Ok(None),
    }
}

/// Which number, keys and start a new watcher has; or why there will be none. The reasons come in
/// this order, so a client without permission is not told whether its number is free:
///
/// 1. A negative start is a revision that was compacted.
/// 2. The client may not read the keys.
/// 3. No key is in the range.
/// 4. The stream has too many watchers. (etcd has no limit.)
/// 5. The number is taken.
///
/// An empty key is the first one that there is. A number or a start of 0 is none.
fn admit(
    stream: &Stream,
    limits: Limits,
    request: &WatchCreateRequest,
    allowed: Result<(), Error>,
) -> Result<(WatchId, Keys, Option<Revision>), String> {
    let Ok(start) = u64::try_from(request.start_revision) else {
        return Err(Error::Compacted.text().to_owned());
    };
    allowed.map_err(Error::cancel_reason)?;
    let keys = keys(request);
    if let Keys::Between(from, to) = &keys
        && from >= to
    {
        return Err(EMPTY_RANGE.to_owned());
    }
    if stream.watchers.len() >= limits.watchers {
        return Err(Error::RequestTooManyRequests.cancel_reason());
    }
    let id = match request.watch_id {
        0 => stream.choose(),
        chosen => WatchId(chosen),
    };
    if stream.watchers.contains_key(&id) {
        return Err(DUPLICATE.to_owned());
    }
    Ok((id, keys, (start > 0).then_some(Revision(start))))
}

/// The keys that a request means. They are copied: what came in is a piece of a larger buffer,
/// which would stay for as long as the watcher does.
fn keys(request: &WatchCreateRequest) -> Keys {
    let key = match &request.key[..] {
        [] => Bytes::from_static(&[0]),
        key => Bytes::copy_from_slice(key),
    };
    Keys::new(&key, &Bytes::copy_from_slice(&request.range_end))
}
