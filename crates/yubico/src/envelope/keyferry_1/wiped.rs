//! A text that is wiped when dropped.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use zeroize::Zeroizing;

/// A string member that may be a secret. Read from a slice, it is copied once, into memory that is wiped; only one
/// written with escapes, as no digit needs to be, passes through a buffer of the JSON reader.
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
