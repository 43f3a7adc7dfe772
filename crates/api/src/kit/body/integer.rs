//! Integers as defined by JSON Schema.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// Signed 64-bit integer. `8.0` is accepted: in JSON Schema (2020-12, validation 6.1.1), any number without a
/// fractional part is an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Integer(pub(crate) i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole)
    }
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = Integer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer of at most 64 bits")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Integer, E> {
        Ok(Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Integer, E> {
        let unexpected = de::Unexpected::Unsigned(value);
        i64::try_from(value).map(Integer).map_err(|_| E::invalid_value(unexpected, &self))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Integer, E> {
        // Beyond 2^53, an f64 no longer identifies one integer.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if value.fract() != 0.0 || value.abs() > EXACT {
            return Err(E::invalid_value(de::Unexpected::Float(value), &self));
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
        Ok(Integer(value as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_every_notation_of_a_whole_number() {
        for (text, number) in [("8", 8), ("8.0", 8), ("-1", -1), ("1e3", 1000), ("0", 0), ("-0.0", 0)] {
            assert_eq!(serde_json::from_str::<Integer>(text).unwrap(), Integer(number), "{text}");
        }
        for text in ["8.5", "\"8\"", "true", "null", "1e300", "18446744073709551615", "[8]"] {
            assert!(serde_json::from_str::<Integer>(text).is_err(), "{text}");
        }
    }
}
