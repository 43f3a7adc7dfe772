//! Tests with credentials and sign-ins of independent authenticators and clients: Chromium's virtual authenticator with
//! a page in Chromium, and the software key `soft_fido2` from PyPI.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]
#![allow(missing_docs, reason = "tests")]

mod chromium;
mod soft_key;

use chrono::{DateTime, Utc};
use keyferry_webauthn::{
    AssertionExpectations, AttestationPolicy, AuthenticationResponse, Error, Flags, RegistrationExpectations,
    RegistrationResponse, SignCount, StoredCredential, VerifiedCredential, verify_assertion, verify_registration,
};
use serde_json::{Value, json};

/// Challenge of the registrations, 32 bytes.
const CHALLENGE: &str = "cmVnaXN0cmF0aW9uLXJlZ2lzdHJhdGlvbi1yZWdpc3Q";
/// Challenge of the sign-ins.
const SIGN_IN_CHALLENGE: &str = "c2lnbi1pbi1zaWduLWluLXNpZ24taW4tc2lnbi1pbi0";
/// User handle: base64url of `somebody`.
const USER: &str = "c29tZWJvZHk";

/// Responses of an authenticator and its client.
struct Made {
    registration: Value,
    sign_in: Value,
}

impl Made {
    fn of(ceremony: &Value) -> Self {
        Self { registration: ceremony["registration"].clone(), sign_in: ceremony["sign_in"].clone() }
    }

    fn registration(&self) -> RegistrationResponse {
        serde_json::from_value(self.registration.clone()).unwrap()
    }

    fn sign_in(&self) -> AuthenticationResponse {
        serde_json::from_value(self.sign_in.clone()).unwrap()
    }
}

/// Creation options in the form of Microsoft Graph, for one algorithm.
fn creation_options(algorithm: i64, attestation: &str, user_verification: &str) -> Value {
    json!({
        "rp": {"id": "localhost", "name": "Test"},
        "user": {"id": USER, "name": "somebody@example.com", "displayName": "Somebody"},
        "challenge": CHALLENGE,
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm}],
        "attestation": attestation,
        "authenticatorSelection": {
            "authenticatorAttachment": "cross-platform",
            "requireResidentKey": user_verification == "required",
            "userVerification": user_verification,
        },
    })
}

fn expectations<'a>(options: &Value, origin: &str, attestation: AttestationPolicy<'a>) -> RegistrationExpectations<'a> {
    let options = serde_json::from_value(options.clone()).unwrap();
    let mut expected = RegistrationExpectations::from_options(&options, attestation, now());
    expected.origins = vec![origin.to_owned()];
    expected
}

/// Returns the current time. The certificates are created during the test.
#[allow(clippy::disallowed_methods, reason = "external programs create certificates that are valid now")]
fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// Checks that modified expectations and a modified response are rejected.
fn check_refusals(name: &str, good: &RegistrationExpectations<'_>, made: &Made) {
    let refused = |change: fn(&mut RegistrationExpectations<'_>)| {
        let mut expected = good.clone();
        change(&mut expected);
        verify_registration(&expected, &made.registration()).unwrap_err()
    };
    let error = refused(|expected| expected.challenge = SIGN_IN_CHALLENGE.to_owned());
    assert!(matches!(error, Error::Challenge { .. }), "{name}: {error}");
    let error = refused(|expected| expected.origins = vec!["https://example.com".to_owned()]);
    assert!(matches!(error, Error::Origin { .. }), "{name}: {error}");
    let error = refused(|expected| expected.rp_id = "example.com".to_owned());
    assert!(matches!(error, Error::RpIdHash { .. }), "{name}: {error}");
    let error = refused(|expected| expected.algorithms = vec![-47]);
    assert!(matches!(error, Error::AlgorithmNotRequested { .. }), "{name}: {error}");

    let mut altered = made.registration();
    altered.response.client_data_json.0.insert(1, b' ');
    match verify_registration(good, &altered) {
        Err(Error::AttestationSignature { .. }) => {}
        // Without a signature, the modification cannot be detected.
        Ok(verified) => assert_eq!(verified.attestation.format, "none", "{name}"),
        Err(other) => panic!("{name}: {other}"),
    }
}

/// Checks that the sign-in is accepted, and that modified sign-ins are rejected.
fn check_sign_in(name: &str, origin: &str, credential: &VerifiedCredential, made: &Made) {
    let verified = credential.flags.contains(Flags::UV);
    let expected = AssertionExpectations {
        challenge: SIGN_IN_CHALLENGE.to_owned(),
        rp_id: "localhost".to_owned(),
        origins: vec![origin.to_owned()],
        require_user_verification: verified,
        // A U2F key does not store the user handle.
        require_user_handle: verified,
    };
    let stored = StoredCredential {
        credential_id: credential.credential_id.clone(),
        public_key: credential.public_key.clone(),
        sign_count: credential.sign_count,
        user_handle: b"somebody".to_vec(),
        backup_eligible: credential.flags.contains(Flags::BE),
    };
    let signed_in =
        verify_assertion(&expected, &stored, &made.sign_in()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(signed_in.counter, SignCount::Advanced, "{name}");

    let other = AssertionExpectations { challenge: CHALLENGE.to_owned(), ..expected.clone() };
    let error = verify_assertion(&other, &stored, &made.sign_in()).unwrap_err();
    assert!(matches!(error, Error::Challenge { .. }), "{name}: {error}");
    let mut altered = made.sign_in();
    *altered.response.signature.0.last_mut().unwrap() ^= 1;
    assert_eq!(verify_assertion(&expected, &stored, &altered), Err(Error::AssertionSignature), "{name}");
    let mut altered = made.sign_in();
    altered.response.authenticator_data.0[36] ^= 1;
    assert_eq!(verify_assertion(&expected, &stored, &altered), Err(Error::AssertionSignature), "{name}");
}
