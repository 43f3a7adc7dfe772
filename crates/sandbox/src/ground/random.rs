//! Unpredictable bytes, for keys, nonces, challenges and request ids.

use uuid::Uuid;

/// `N` bytes from the library's generator.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "the generator is seeded by the kernel; a test stand-in without randomness must stop"
    )]
    aws_lc_rs::rand::fill(&mut out).expect("the system gives random bytes");
    out
}

/// A fresh UUID, version 4.
pub(crate) fn uuid() -> Uuid {
    uuid::Builder::from_random_bytes(bytes()).into_uuid()
}
