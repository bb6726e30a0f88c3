//! The rows of the bucket `key`.
//!
//! Owns how a change lies in the store: under its stamp, a pair as etcd's message says it; of a
//! deletion, the key alone. Members compare hashes of rows, so there is one way to write each.
//!
//! Left to others: which rows there are.

use crate::error::Error;
use crate::stamp::{Act, Stamp};
use api::KeyValue;
use bolt::File;
use bolt::backend::Lookup;
use bytes::Bytes;
use prost::Message;

/// The bucket of all changes.
pub const BUCKET: &[u8] = b"key";

/// A pair, as it is stored.
pub fn encode(pair: &KeyValue) -> Bytes {
    pair.encode_to_vec().into()
}

/// The row of a deletion.
pub fn tombstone(key: &Bytes) -> Bytes {
    encode(&KeyValue { key: key.clone(), ..KeyValue::default() })
}

/// The pair in a row. Its key and value are parts of the row.
pub fn decode(row: Bytes, stamp: Stamp) -> Result<KeyValue, Error> {
    KeyValue::decode(row).map_err(|_| Error::Row { stamp, why: "is no pair" })
}

/// The pair that this change has put.
pub fn read<F: File>(rows: &mut Lookup<'_, F>, stamp: Stamp) -> Result<KeyValue, Error> {
    let row = rows.get(&stamp.row_key(Act::Put))?;
    decode(row.ok_or(Error::Row { stamp, why: "is missing" })?, stamp)
}
