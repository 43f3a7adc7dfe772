//! Idempotency key of a form. The page contains it, so that a form that is sent twice orders once.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_domain::Timestamp;

/// Number of keys of this process.
static KEYS: AtomicU64 = AtomicU64::new(0);

/// Returns a new key. It is no secret: keys of different callers are independent. `session` separates replicas, which
/// share neither number nor clock.
pub(crate) fn new(session: &str, now: Timestamp) -> String {
    let number = KEYS.fetch_add(1, Ordering::Relaxed);
    let text = format!("keyferry console order 1 {session} {} {number}", now.timestamp_micros());
    format!("console-{}", URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..18]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ() {
        let keys: std::collections::BTreeSet<_> = (0..100).map(|_| new("session", Timestamp::UNIX_EPOCH)).collect();
        assert_eq!(keys.len(), 100);
        assert!(keys.iter().all(|key| key.len() < 40 && key.is_ascii()));
    }
}
