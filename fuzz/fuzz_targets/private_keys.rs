//! Fuzzes private keys as read from the store.
#![no_main]

use keyferry_jose::{PrivateKey, SigningKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(key) = PrivateKey::from_secret_bytes(data) {
        let written = key.to_secret_bytes().expect("an export");
        let again = PrivateKey::from_secret_bytes(&written).expect("our own output");
        assert_eq!(again.public_key(), key.public_key());
    }
    let _ = SigningKey::from_pkcs8(data, "kid");
});
