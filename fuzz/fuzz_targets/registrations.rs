//! Fuzzes responses and creation options in WebAuthn's JSON form, and the whole verification.
#![no_main]

use keyferry_webauthn::{
    AttestationPolicy, AuthenticationResponse, CreationOptions, RegistrationExpectations, RegistrationResponse,
    verify_registration,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(options) = serde_json::from_slice::<CreationOptions>(data) {
        let written = serde_json::to_vec(&options).expect("serialised");
        assert_eq!(serde_json::from_slice::<CreationOptions>(&written).ok(), Some(options));
    }
    let _ = serde_json::from_slice::<AuthenticationResponse>(data);
    let Ok(response) = serde_json::from_slice::<RegistrationResponse>(data) else { return };
    let expected = RegistrationExpectations {
        challenge: "never issued".into(),
        rp_id: "login.microsoft.com".into(),
        origins: vec!["https://login.microsoft.com".into()],
        require_user_verification: true,
        require_device_bound: false,
        algorithms: vec![-7],
        excluded: Vec::new(),
        attestation: AttestationPolicy::SignatureOnly,
        allowed_aaguids: None,
        time: "2026-11-01T00:00:00Z".parse().expect("a time"),
    };
    if let Ok(accepted) = verify_registration(&expected, &response) {
        assert_eq!(accepted.credential_id, response.id.as_bytes());
        assert_eq!(accepted.public_key.algorithm().id(), -7);
    }
});
