//! A set of 64-bit fingerprints, and the hash that makes them.

/// A set of fingerprints: open addressing, a power of two of slots, at most five in eight full.
pub(super) struct Fingerprints {
    /// Zero is an empty slot.
    slots: Vec<u64>,
    used: usize,
}

impl Fingerprints {
    pub fn new() -> Fingerprints {
        Fingerprints { slots: vec![0; 1 << 12], used: 0 }
    }

    /// Adds a fingerprint. True if it is new.
    pub fn insert(&mut self, fingerprint: u64) -> bool {
        if self.used * 8 >= self.slots.len() * 5 {
            self.grow();
        }
        let fingerprint = fingerprint.max(1);
        let slot = find(&self.slots, fingerprint);
        let new = self.slots[slot] == 0;
        self.slots[slot] = fingerprint;
        self.used += usize::from(new);
        new
    }

    /// Memory held.
    pub fn bytes(&self) -> usize {
        self.slots.len() * 8
    }

    fn grow(&mut self) {
        let mut slots = vec![0; self.slots.len() * 2];
        for fingerprint in self.slots.iter().filter(|slot| **slot != 0) {
            let slot = find(&slots, *fingerprint);
            slots[slot] = *fingerprint;
        }
        self.slots = slots;
    }
}

/// The slot that holds this fingerprint, or the empty one that would.
fn find(slots: &[u64], fingerprint: u64) -> usize {
    let mask = slots.len() - 1;
    #[expect(clippy::cast_possible_truncation, reason = "the mask keeps fewer bits than that")]
    let mut slot = fingerprint as usize & mask;
    while slots[slot] != 0 && slots[slot] != fingerprint {
        slot = (slot + 1) & mask;
    }
    slot
}

/// The fingerprint of a row.
pub(super) fn mix(row: &[u64]) -> u64 {
    let mut hash = 0x9E37_79B9_7F4A_7C15_u64;
    for word in row {
        let wide = u128::from(hash ^ word) * u128::from(0xD6E8_FEB8_6659_FD93_u64);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
        let (low, high) = (wide as u64, (wide >> 64) as u64);
        hash = (low ^ high).rotate_left(29).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    }
    hash ^ (hash >> 32)
}
