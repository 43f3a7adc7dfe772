//! Repeatable chance: `SplitMix64` from a seed. For ids, serial numbers and faults, never for keys or PINs.

use std::sync::{Mutex, PoisonError};

/// A seeded stream of numbers that several tasks may draw from.
#[derive(Debug)]
pub(crate) struct Chance(Mutex<u64>);

impl Chance {
    /// The stream of this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// Starts the stream again from `seed`.
    pub(crate) fn reseed(&self, seed: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = seed;
    }

    /// The next 64 bits.
    pub(crate) fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which must not be 0.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True with this probability (0.0 never, 1.0 always).
    pub(crate) fn happens(&self, probability: f64) -> bool {
        let unit = f64::from(u32::try_from(self.next() >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0);
        unit < probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        let (one, two) = (Chance::new(7), Chance::new(7));
        let draw = |chance: &Chance| (0..50).map(|_| chance.below(1000)).collect::<Vec<_>>();
        assert_eq!(draw(&one), draw(&two));
        assert_ne!(draw(&one), draw(&Chance::new(8)));
    }

    #[test]
    fn never_and_always_are_kept() {
        let chance = Chance::new(3);
        assert!((0..200).all(|_| !chance.happens(0.0)));
        assert!((0..200).all(|_| chance.happens(1.0)));
    }
}
