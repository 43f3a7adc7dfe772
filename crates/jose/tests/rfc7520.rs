//! The example of RFC 7520 that uses P-384: section 5.4, `ECDH-ES+A128KW` with `A128GCM`.

use keyferry_jose::{Error, PrivateKey, jwe};
use serde_json::Value;

#[test]
fn section_5_4_is_decrypted() {
    let vector: Value = serde_json::from_str(include_str!("vectors/rfc7520_5_4.json")).unwrap();
    let key = PrivateKey::from_secret_bytes(vector["key"].to_string().as_bytes()).unwrap();
    let compact = vector["compact"].as_str().unwrap();
    let opened = jwe::decrypt(compact, &key, &jwe::Policy::default()).unwrap();
    assert_eq!(*opened.plaintext, vector["plaintext"].as_str().unwrap().as_bytes());
    assert_eq!(opened.header.alg.as_str(), "ECDH-ES+A128KW");
    assert_eq!(opened.header.enc.as_str(), "A128GCM");
    assert_eq!(opened.header.kid, "peregrin.took@tuckborough.example");

    let altered = compact.replace(".tkZuOO9h", ".tkZuOO9i");
    let error = jwe::decrypt(altered, &key, &jwe::Policy::default()).unwrap_err();
    assert_eq!(error, Error::Decryption);
}
