//! Random numbers that are the same on every machine, for ever.
//!
//! Owns [`Draws`]: the SplitMix64 generator. It is written out here, in ten lines, so that no
//! dependency's update can change what a seed means.

/// A stream of random numbers that its seed determines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Draws {
    state: u64,
}

impl Draws {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Draws {
        let mut draws = Draws { state: seed };
        // Neighbouring seeds must not begin alike.
        draws.state = draws.next();
        draws
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "a stream without an end is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The bias of a remainder is below 1 in 2^40 for the bounds used here.
        self.next() % bound
    }

    /// An index into a list of this length, which is not zero.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("below a usize")
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A number in `low ..= high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }
}
