//! The hash by which `etcdutl snapshot status` names what is in a store.
//!
//! Owns its definition: a CRC-32C, here one bit at a time. Where it is what the original says, ours
//! has read every row as the original has.

use crate::rows::Held;

/// The hash of a store in which no bucket is in another: of every name, key and value, in order.
pub fn hash(held: &Held) -> u32 {
    let mut crc = !0;
    for (name, inside) in &held.buckets {
        assert!(inside.buckets.is_empty(), "{name} has buckets");
        crc = added(crc, name.as_bytes());
        for (key, value) in &inside.values {
            crc = added(added(crc, key), value);
        }
    }
    !crc
}

fn added(crc: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(crc, |crc, byte| {
        let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
        (0..8).fold(crc ^ u32::from(*byte), step)
    })
}
