//! A string that is wiped from memory when dropped.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use zeroize::Zeroizing;

/// A string member that may be a secret.
///
/// A string without escapes is copied once from the input, into memory that is wiped. A string with escapes also passes
/// through a buffer of the JSON parser, which is not wiped. Digits need no escapes.
pub(super) struct Wiped(pub(super) Zeroizing<String>);

impl<'de> Deserialize<'de> for Wiped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(WipedVisitor)
    }
}

struct WipedVisitor;

impl Visitor<'_> for WipedVisitor {
    type Value = Wiped;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Wiped, E> {
        Ok(Wiped(Zeroizing::new(text.to_owned())))
    }
}
