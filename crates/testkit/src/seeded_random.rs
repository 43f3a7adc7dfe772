//! Seeded random numbers, so that a failing run can be repeated.

use std::sync::{Mutex, PoisonError};

use keyferry_domain::Entropy;

/// SplitMix64 generator. For tests only, never for secrets.
pub struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    /// Starts a sequence. The same seed always gives the same sequence.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// Returns the next number.
    pub fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to `limit - 1`; 0 if `limit` is 0.
    pub fn below(&self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// Returns `true` with a probability of `likely` percent.
    pub fn percent(&self, likely: u64) -> bool {
        self.below(100) < likely
    }

    /// Returns one of the items. `from` must not be empty.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    /// Shuffles the items.
    pub fn shuffle<T>(&self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1);
            items.swap(last, usize::try_from(other).unwrap());
        }
    }

    /// Returns a text of letters A to Z. Tests search for it, and it is unlikely to occur elsewhere by accident.
    pub fn letters(&self, length: usize) -> String {
        (0..length).map(|_| char::from(b'A' + u8::try_from(self.below(26)).unwrap())).collect()
    }
}

impl Entropy for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}
