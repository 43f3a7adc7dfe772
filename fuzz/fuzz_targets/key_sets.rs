//! Fuzzes published key sets.
#![no_main]

use keyferry_jose::{JwkSet, PublicKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(set) = JwkSet::parse(data) {
        for key in set.verification_keys() {
            assert_eq!(PublicKey::from_json(&key.to_json()).as_ref(), Ok(key.public_key()));
        }
        for key in set.encryption_keys() {
            assert_eq!(PublicKey::from_json(&key.to_json()).as_ref(), Ok(key.public_key()));
        }
    }
    if let Ok(json) = serde_json::from_slice(data)
        && let Ok(key) = PublicKey::from_json(&json)
    {
        assert_eq!(PublicKey::from_json(&key.to_json()), Ok(key));
    }
});
