//! Cryptographically secure random bytes, for keys, nonces, challenges and request ids.

use uuid::Uuid;

/// Returns `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    #[expect(clippy::expect_used, reason = "the kernel seeds the generator; without randomness the sandbox must stop")]
    aws_lc_rs::rand::fill(&mut out).expect("the system random number generator failed");
    out
}

/// Returns a random UUID (version 4).
pub(crate) fn uuid() -> Uuid {
    uuid::Builder::from_random_bytes(bytes()).into_uuid()
}
