//! Repeated values in a column.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Finds values that occur more than once, with about 32 bytes for each value. Two different values are taken for the
/// same with a probability of 2⁻⁶⁴ per pair.
#[derive(Default)]
pub struct Repeats(HashMap<u64, u32>);

impl Repeats {
    /// Remembers the value of a row. Returns the number of the first row with the same value, if there is one.
    pub fn first(&mut self, value: &str, number: u32) -> Option<u32> {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        let first = *self.0.entry(hasher.finish()).or_insert(number);
        (first != number).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_row() {
        let mut repeats = Repeats::default();
        assert_eq!(repeats.first("a", 2), None);
        assert_eq!(repeats.first("b", 3), None);
        assert_eq!(repeats.first("a", 4), Some(2));
        assert_eq!(repeats.first("a", 5), Some(2));
    }
}
