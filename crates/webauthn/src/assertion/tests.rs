use aws_lc_rs::signature::EcdsaKeyPair;

use super::*;
use crate::Base64Url;
use crate::builder::{NewAssertion, public_key};
use crate::testing::key_pair;

const ID: &[u8] = &[0xc1; 48];
const ORIGIN: &str = "http://localhost:8090";

fn expectations() -> AssertionExpectations {
    AssertionExpectations {
        challenge: "Y2hhbGxlbmdl".to_owned(),
        rp_id: "localhost".to_owned(),
        origins: vec![ORIGIN.to_owned()],
        require_user_verification: true,
        require_user_handle: true,
    }
}

fn stored(key: &EcdsaKeyPair) -> StoredCredential {
    StoredCredential {
        credential_id: ID.to_vec(),
        public_key: public_key(key).unwrap(),
        sign_count: 5,
        user_handle: b"user".to_vec(),
        backup_eligible: false,
    }
}

fn assertion(key: &EcdsaKeyPair) -> NewAssertion<'_> {
    NewAssertion {
        rp_id: "localhost",
        challenge: "Y2hhbGxlbmdl",
        origin: ORIGIN,
        credential_id: ID,
        key,
        flags: Flags::UP.with(Flags::UV),
        sign_count: 6,
        user_handle: Some(b"user"),
    }
}

/// Verifies an assertion that `change` modified before it was signed.
fn made(change: impl FnOnce(&mut NewAssertion<'_>)) -> Result<VerifiedAssertion, Error> {
    let key = key_pair();
    let mut new = assertion(&key);
    change(&mut new);
    verify_assertion(&expectations(), &stored(&key), &new.make().unwrap())
}

/// Verifies a valid assertion that `change` modified after it was signed.
fn altered(change: impl FnOnce(&mut AuthenticationResponse)) -> Result<VerifiedAssertion, Error> {
    let key = key_pair();
    let mut response = assertion(&key).make().unwrap();
    change(&mut response);
    verify_assertion(&expectations(), &stored(&key), &response)
}

#[test]
fn verifies_valid_assertion() {
    let verified = made(|_| {}).unwrap();
    assert_eq!((verified.sign_count, verified.counter), (6, SignCount::Advanced));
    assert!(verified.flags.contains(Flags::UV));
}

#[test]
fn returns_the_error_of_the_violated_rule() {
    assert!(matches!(made(|new| new.challenge = "b3RoZXI"), Err(Error::Challenge { .. })));
    assert!(matches!(made(|new| new.origin = "https://localhost"), Err(Error::Origin { .. })));
    assert!(matches!(made(|new| new.rp_id = "localhost.example"), Err(Error::RpIdHash { .. })));
    assert_eq!(made(|new| new.flags = Flags::UV), Err(Error::UserNotPresent));
    assert_eq!(made(|new| new.flags = Flags::UP), Err(Error::UserNotVerified));
    assert_eq!(made(|new| new.flags = new.flags.with(Flags::BS)), Err(Error::BackupState));
    let refused = Err(Error::BackupEligibility { stored: false, found: true });
    assert_eq!(made(|new| new.flags = new.flags.with(Flags::BE)), refused);
    assert!(matches!(made(|new| new.credential_id = &[1; 16]), Err(Error::CredentialId { .. })));
    assert_eq!(made(|new| new.user_handle = Some(b"other")), Err(Error::UserHandle));
    assert_eq!(made(|new| new.user_handle = None), Err(Error::UserHandle));
    assert!(matches!(altered(|response| response.kind.push('s')), Err(Error::CredentialType { .. })));
    assert!(matches!(altered(|response| response.raw_id = Base64Url(vec![1])), Err(Error::CredentialId { .. })));
}

#[test]
fn rejects_client_data_of_a_registration() {
    let result = altered(|response| {
        let json = crate::client_data::build(Ceremony::Registration, "Y2hhbGxlbmdl", ORIGIN);
        response.response.client_data_json = json.into();
    });
    assert!(matches!(result, Err(Error::ClientDataType { expected: "webauthn.get", .. })));
}

#[test]
fn signature_covers_all_data_and_is_by_the_registered_key() {
    let refused = Err(Error::AssertionSignature);
    assert_eq!(altered(|response| response.response.authenticator_data.0[36] ^= 1), refused);
    assert_eq!(altered(|response| response.response.client_data_json.0.insert(1, b' ')), refused);
    assert_eq!(altered(|response| *response.response.signature.0.last_mut().unwrap() ^= 1), refused);
    assert_eq!(altered(|response| response.response.signature.0.clear()), refused);
    let response = assertion(&key_pair()).make().unwrap();
    assert_eq!(verify_assertion(&expectations(), &stored(&key_pair()), &response), refused);
}

#[test]
fn reports_the_counter() {
    let key = key_pair();
    let cases = [
        (0, 0, SignCount::Unused),
        (0, 1, SignCount::Advanced),
        (5, 5, SignCount::Regressed { stored: 5, received: 5 }),
        (5, 4, SignCount::Regressed { stored: 5, received: 4 }),
        (5, 0, SignCount::Regressed { stored: 5, received: 0 }),
    ];
    for (before, received, counter) in cases {
        let known = StoredCredential { sign_count: before, ..stored(&key) };
        let response = NewAssertion { sign_count: received, ..assertion(&key) }.make().unwrap();
        assert_eq!(verify_assertion(&expectations(), &known, &response).unwrap().counter, counter);
    }
}
