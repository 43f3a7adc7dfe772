//! PINs: those that the factory generates, and those that holders choose.

use crate::ground::random;

/// PIN of a key. Neither `Debug` nor errors show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pin(String);

impl Pin {
    /// Generates a PIN of `length` random digits. It is not one of the commonly guessed patterns.
    pub(crate) fn generate(length: usize) -> Self {
        loop {
            let digits: Vec<u8> = std::iter::repeat_with(digit).take(length).collect();
            if !trivial(&digits) {
                return Self(digits.iter().map(|digit| char::from(b'0' + digit)).collect());
            }
        }
    }

    /// Returns a PIN that a holder chose, or `None` if it is invalid.
    ///
    /// It must have at least 4 code points and at most 63 bytes of UTF-8 (CTAP 2.1 section 6.5.1).
    pub(crate) fn chosen(text: &str) -> Option<Self> {
        (text.chars().count() >= 4 && text.len() <= 63).then(|| Self(text.to_owned()))
    }

    /// Returns whether `text` is the PIN.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0 == text
    }

    /// Returns the PIN in clear text, for the sealed response and for tests that search for leaked PINs.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Pin")
    }
}

/// Returns a random digit with uniform distribution.
fn digit() -> u8 {
    loop {
        // 250 is the largest multiple of 10 in a byte. Larger bytes would favour low digits.
        let [byte] = random::bytes::<1>();
        if byte < 250 {
            return byte % 10;
        }
    }
}

/// Returns whether the digits repeat (1111, 1212, 123123) or have a constant step (1234, 9876, 2468).
fn trivial(digits: &[u8]) -> bool {
    let repeats = |period: usize| digits.len() >= 2 * period && digits[period..] == digits[..digits.len() - period];
    let mut steps = digits.windows(2).map(|pair| (10 + pair[1] - pair[0]) % 10);
    let first = steps.next();
    (1..=3).any(repeats) || steps.all(|step| Some(step) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generates_different_pins_of_given_length() {
        for length in [4, 6, 8, 63] {
            let pin = Pin::generate(length);
            assert_eq!(pin.reveal().len(), length);
            assert!(pin.reveal().bytes().all(|byte| byte.is_ascii_digit()));
        }
        assert_ne!(Pin::generate(30), Pin::generate(30));
        assert_eq!(format!("{:?}", Pin::generate(4)), "Pin");
    }

    #[test]
    fn detects_trivial_pins() {
        for text in ["0000", "1234", "4321", "121212", "123123", "654321", "2468", "7890"] {
            let digits: Vec<u8> = text.bytes().map(|byte| byte - b'0').collect();
            assert!(trivial(&digits), "{text}");
        }
        assert!(!trivial(&[1, 2, 3, 5]) && !trivial(&[8, 1, 3, 0, 7, 7]));
    }

    #[test]
    fn checks_length_of_chosen_pins() {
        assert!(Pin::chosen("ß1äö").is_some() && Pin::chosen("123").is_none());
        assert!(Pin::chosen(&"1".repeat(63)).is_some() && Pin::chosen(&"ß".repeat(32)).is_none());
    }
}
