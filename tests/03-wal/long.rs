//! Payloads that are longer on disk than in the log: writes have many sectors then, and a segment
//! holds few of them, while a handful of entries reaches the limits of the layers above.

use harness::Draws;
use replication::{Entry, Log, Payload, Span, Write};
use wal::Recovered;

/// A payload with bytes after it that follow from it, and then their number.
#[derive(Clone)]
pub struct Long<P> {
    payload: P,
    bytes: Vec<u8>,
}

/// These bytes are no [`Long`] payload.
#[derive(Debug)]
pub struct NotLong;

impl<P: Payload> Long<P> {
    fn new(payload: P) -> Long<P> {
        let mut bytes = payload.bytes().to_vec();
        let sum = bytes.iter().fold(0, |sum, byte| 31 * sum % 1_000_003 + u64::from(*byte));
        let mut draws = Draws::new(sum);
        let most = [20, 20, 20, 300, 1_500][draws.index(5)];
        let count = draws.below(most);
        // Some are zeros, as sectors are that were not written.
        let byte = if draws.chance(30) { 0 } else { draws.between(1, 200) };
        let byte = u8::try_from(byte).expect("a small number");
        bytes.extend((0..count).map(|_| byte));
        bytes.extend(u16::try_from(count).expect("a small number").to_le_bytes());
        Long { payload, bytes }
    }
}

impl<P: Payload> Payload for Long<P> {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<P: Payload + for<'a> TryFrom<&'a [u8]>> TryFrom<&[u8]> for Long<P> {
    type Error = NotLong;

    fn try_from(bytes: &[u8]) -> Result<Long<P>, NotLong> {
        let (rest, count) = bytes.split_last_chunk().ok_or(NotLong)?;
        let length = rest.len().checked_sub(usize::from(u16::from_le_bytes(*count)));
        let payload = P::try_from(&rest[..length.ok_or(NotLong)?]).map_err(|_| NotLong)?;
        let long = Long::new(payload);
        if long.bytes == bytes { Ok(long) } else { Err(NotLong) }
    }
}

/// What is written for a save.
pub fn lengthened<P: Payload>(write: &Write<P>) -> Write<Long<P>> {
    let Write { hard_state, begins, entries } = write;
    let entries = entries.as_ref().map(|Span { prev, entries }| {
        let entry = |Entry { term, payload }: &Entry<P>| Entry {
            term: *term,
            payload: payload.clone().map(Long::new),
        };
        Span { prev: *prev, entries: entries.iter().map(entry).collect() }
    });
    Write { hard_state: *hard_state, begins: *begins, entries }
}

/// What comes back, as it was before it was written.
pub fn shortened<P: Payload>(recovered: Recovered<Long<P>>) -> Recovered<P> {
    let Recovered { hard_state, log, torn } = recovered;
    let all = log.span(log.start().index, log.last().index, usize::MAX);
    let Span { prev, entries } = all.expect("it is the whole log");
    let entry = |Entry { term, payload }: Entry<Long<P>>| Entry {
        term,
        payload: payload.map(|long| long.payload),
    };
    let entries = entries.into_iter().map(entry).collect();
    Recovered { hard_state, log: Log::from(Span { prev, entries }), torn }
}
