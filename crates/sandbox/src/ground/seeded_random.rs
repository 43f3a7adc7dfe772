//! Seeded pseudorandom numbers (`SplitMix64`) for ids, serial numbers and faults.
//!
//! They are predictable. For keys and PINs use [`super::random`].

use std::sync::{Mutex, PoisonError};

/// Seeded number generator that several tasks can share.
#[derive(Debug)]
pub(crate) struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    /// Creates a generator with this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// Restarts the generator with `seed`.
    pub(crate) fn reseed(&self, seed: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = seed;
    }

    /// Returns the next 64 bits.
    pub(crate) fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `bound`. `bound` must not be 0.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Returns `true` with this probability, from 0.0 (never) to 1.0 (always).
    pub(crate) fn happens(&self, probability: f64) -> bool {
        let unit = f64::from(u32::try_from(self.next() >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0);
        unit < probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_gives_same_numbers() {
        let (one, two) = (SeededRandom::new(7), SeededRandom::new(7));
        let draw = |chance: &SeededRandom| (0..50).map(|_| chance.below(1000)).collect::<Vec<_>>();
        assert_eq!(draw(&one), draw(&two));
        assert_ne!(draw(&one), draw(&SeededRandom::new(8)));
    }

    #[test]
    fn probability_zero_never_happens_and_one_always() {
        let chance = SeededRandom::new(3);
        assert!((0..200).all(|_| !chance.happens(0.0)));
        assert!((0..200).all(|_| chance.happens(1.0)));
    }
}
