//! PIN of a key, and its length.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// PIN of a key. It has no `Debug`, `Display`, `Serialize` or `Clone`, and is zeroed when dropped.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Creates a PIN from the text of a PIN response.
    ///
    /// # Errors
    /// [`UnexpectedPin`] if the number of code points differs from `expected`, or if the text contains white space or
    /// control characters, which a mail or a key pad cannot show.
    pub fn new(text: Zeroizing<String>, expected: PinLength) -> Result<Self, UnexpectedPin> {
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(UnexpectedPin::Characters);
        }
        let length = text.chars().count();
        if length != usize::from(expected.get()) {
            return Err(UnexpectedPin::Length { expected, length });
        }
        Ok(Self(text))
    }

    /// Returns the PIN. Use it only for the message to the addressee.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Error: the text is not the requested PIN. The message never contains the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnexpectedPin {
    /// The PIN is too short or too long.
    #[error("the PIN response contains a PIN of {length} characters; {expected} were requested")]
    Length {
        /// Requested length.
        expected: PinLength,
        /// Length in the response.
        length: usize,
    },
    /// The PIN contains white space or control characters.
    #[error("the PIN response contains a PIN with white space or control characters")]
    Characters,
}

/// Length of a generated PIN in code points: 4 to 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct PinLength(u8);

impl PinLength {
    /// Shortest PIN that CTAP 2 allows.
    pub const MIN: i64 = 4;
    /// Longest PIN that CTAP 2 allows (63 bytes of UTF-8; generated PINs are ASCII).
    pub const MAX: i64 = 63;

    /// Returns the length.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for PinLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Error: the PIN length is outside 4 to 63. The text is prescribed by the vendor's integration guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("PIN `length` must be between {} and {}", PinLength::MIN, PinLength::MAX)]
pub struct PinLengthOutOfRange(pub i64);

impl TryFrom<i64> for PinLength {
    type Error = PinLengthOutOfRange;

    fn try_from(length: i64) -> Result<Self, Self::Error> {
        if !(Self::MIN..=Self::MAX).contains(&length) {
            return Err(PinLengthOutOfRange(length));
        }
        u8::try_from(length).map(Self).map_err(|_| PinLengthOutOfRange(length))
    }
}

impl From<PinLength> for i64 {
    fn from(length: PinLength) -> Self {
        Self::from(length.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_lengths_from_4_to_63() {
        for good in [4, 8, 63] {
            assert!(PinLength::try_from(good).is_ok());
        }
        for bad in [i64::MIN, -1, 0, 3, 64, 260, i64::MAX] {
            assert_eq!(PinLength::try_from(bad), Err(PinLengthOutOfRange(bad)));
        }
    }

    #[test]
    fn rejects_pin_of_other_length_without_showing_it() {
        let six = PinLength::try_from(6).unwrap();
        let Err(error) = Pin::new(Zeroizing::new("48213".into()), six) else { panic!("accepted") };
        assert!(!error.to_string().contains("48213"));
        assert!(Pin::new(Zeroizing::new("4821 3".into()), six).is_err());
        assert_eq!(Pin::new(Zeroizing::new("482137".into()), six).ok().unwrap().expose(), "482137");
    }
}
