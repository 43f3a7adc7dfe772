//! Tests of section 7.1, step by step. Each test violates one rule in a registration that is otherwise valid.
//!
//! | step | requirement | test, or reason why there is none |
//! | --- | --- | --- |
//! | 1, 2 | create options, call the client | done by the identity provider and the factory |
//! | 3 | the response is a registration | `step_3_…` |
//! | 4 | client extension results | `step_28_…` |
//! | 5, 6 | the client data is UTF-8 and JSON | `steps_5_and_6_…` |
//! | 7 to 11 | type, challenge, origin, frames | `step_7_…` to `step_11_…` |
//! | 12 | hash of the received client data | `step_22_signature_covers_the_client_data` |
//! | 13 | the attestation object is CBOR | `step_13_…` |
//! | 14 to 17 | RP id, presence, verification, backup flags | `step_14_…` to `step_17_…` |
//! | 18, 19 | policy for BE and BS | no policy; they are reported: `steps_18_and_19_…` |
//! | 20 | the algorithm was requested | `step_20_…` |
//! | 21 | the format is supported | `step_21_…` |
//! | 22 | the statement is valid | `step_22_…`, `attestation/tests.rs`, `attestation/fido_u2f/tests.rs` |
//! | 23 | obtain trust anchors | given by the caller; invalid anchors: `step_23_…` |
//! | 24 | none, self or a path to a root, according to policy | `step_24_…`, `attestation/chain/tests.rs` |
//! | 25, 26 | the credential id is short and new | `step_25_…`, `step_26_…` |
//! | 27 | content of the credential record | `returns_all_properties_of_the_credential` |
//! | 28 | process extension outputs | none is required: `step_28_…` |
//! | 29 | any failed step fails the ceremony | every test |
//!
//! Step 22: `attestation/tests.rs` and `attestation/fido_u2f/tests.rs` test each rule of sections 8.2, 8.6 and 8.7.
//! Step 24: `attestation/chain/tests.rs` tests each rule of a path. Step 26: only the identity provider can check "for
//! any user", because it stores the credentials.
//!
//! Further tests cover `type`, `id` and `rawId` of the response, and the allowed models. The numbers are those of the
//! version that has "process the client extension outputs" as step 28. In earlier drafts, this was step 21.

use serde_json::json;

use super::*;
use crate::builder::{Attestation, NewCredential, attestation_object};
use crate::testing::{AAGUID, Authority, CHALLENGE, CREDENTIAL_ID, World, key_pair, leaf_params, now};
use crate::{AttestedCredential, AuthenticatorData, Base64Url};

/// Registers a credential that `change` modified.
fn made<'a>(world: &'a World, change: impl FnOnce(&mut NewCredential<'a>)) -> Result<VerifiedCredential, Error> {
    let mut credential = world.credential();
    change(&mut credential);
    world.verify(&credential.make().unwrap())
}

/// Registers with expectations that `change` modified.
fn expected(
    world: &World,
    change: impl FnOnce(&mut RegistrationExpectations<'_>),
) -> Result<VerifiedCredential, Error> {
    let mut expectations = world.expectations();
    change(&mut expectations);
    verify_registration(&expectations, &world.credential().make().unwrap())
}

/// Registers with other client data and a matching signature.
fn client_data(world: &World, json: &serde_json::Value) -> Result<VerifiedCredential, Error> {
    client_data_bytes(world, json.to_string().into_bytes())
}

fn client_data_bytes(world: &World, json: Vec<u8>) -> Result<VerifiedCredential, Error> {
    let auth_data = world.credential().auth_data().unwrap().to_bytes().unwrap();
    let object = attestation_object(&auth_data, &json, &world.key, Attestation::Packed(&world.signer)).unwrap();
    world.verify(&RegistrationResponse::new(&CREDENTIAL_ID, json, object))
}

/// Registers with other authenticator data and a matching signature.
fn auth_data(world: &World, change: impl FnOnce(&mut AuthenticatorData)) -> Result<VerifiedCredential, Error> {
    let mut data = world.credential().auth_data().unwrap();
    change(&mut data);
    let json = crate::client_data::build(Ceremony::Registration, CHALLENGE, "https://login.microsoft.com");
    let bytes = data.to_bytes().unwrap();
    let object = attestation_object(&bytes, &json, &world.key, Attestation::Packed(&world.signer)).unwrap();
    world.verify(&RegistrationResponse::new(&CREDENTIAL_ID, json, object))
}

#[test]
fn returns_all_properties_of_the_credential() {
    let world = World::new();
    let verified = made(&world, |_| {}).unwrap();
    assert_eq!(verified.credential_id, CREDENTIAL_ID);
    assert_eq!(verified.aaguid, AAGUID);
    assert_eq!(verified.public_key, crate::builder::public_key(&world.key).unwrap());
    assert_eq!(verified.sign_count, 1);
    assert!(verified.flags.contains(Flags::UV) && !verified.flags.contains(Flags::BE));
    assert_eq!((verified.extensions.cred_protect(), verified.extensions.hmac_secret()), (Some(1), Some(true)));
    assert_eq!((verified.attestation.kind, verified.attestation.trusted), (AttestationKind::Certificate, true));
    let chain = &verified.attestation.chain;
    assert_eq!(chain.len(), 2);
    assert!(chain[0].subject.contains("Authenticator Attestation") && chain[0].issuer == "CN=Test Root");
    assert_eq!((chain[0].sha1.len(), chain[0].sha256.len()), (40, 64));
}

#[test]
fn response_round_trips_through_json() {
    let world = World::new();
    let json = serde_json::to_string(&world.credential().make().unwrap()).unwrap();
    world.verify(&serde_json::from_str(&json).unwrap()).unwrap();
}

#[test]
fn expectations_match_the_options() {
    let world = World::new();
    let options: CreationOptions = serde_json::from_value(json!({
        "rp": {"id": "login.microsoft.com", "name": "Microsoft"},
        "user": {"id": "AA", "name": "a", "displayName": "A"},
        "challenge": CHALLENGE,
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "excludeCredentials": [{"type": "public-key", "id": "AQI"}],
        "authenticatorSelection": {"userVerification": "required"},
    }))
    .unwrap();
    let expected =
        RegistrationExpectations::from_options(&options, AttestationPolicy::RequireTrusted(&world.anchors), now());
    assert_eq!(expected.excluded, [[1, 2]]);
    assert!(expected.require_user_verification);
    verify_registration(&expected, &world.credential().make().unwrap()).unwrap();
}

#[test]
fn credential_type_and_ids_must_agree() {
    let world = World::new();
    let mut response = world.credential().make().unwrap();
    response.kind = "password".to_owned();
    assert_eq!(world.verify(&response), Err(Error::CredentialType { found: "password".to_owned() }));

    let mut response = world.credential().make().unwrap();
    response.raw_id = Base64Url(vec![2; 16]);
    assert!(matches!(world.verify(&response), Err(Error::CredentialId { what }) if what.contains("rawId")));

    let mut response = world.credential().make().unwrap();
    (response.id, response.raw_id) = (Base64Url(vec![2; 16]), Base64Url(vec![2; 16]));
    assert!(
        matches!(world.verify(&response), Err(Error::CredentialId { what }) if what.contains("authenticator data"))
    );
}

#[test]
fn step_3_rejects_an_assertion() {
    let mut json = serde_json::to_value(World::new().credential().make().unwrap()).unwrap();
    serde_json::from_value::<RegistrationResponse>(json.clone()).unwrap();
    let response = json["response"].as_object_mut().unwrap();
    response.remove("attestationObject");
    response.insert("authenticatorData".to_owned(), json!("AA"));
    response.insert("signature".to_owned(), json!("AA"));
    assert!(serde_json::from_value::<RegistrationResponse>(json).is_err());
}

#[test]
fn steps_5_and_6_client_data_is_utf_8_and_json() {
    let world = World::new();
    let good = crate::client_data::build(Ceremony::Registration, CHALLENGE, "https://login.microsoft.com");
    let with = |before: &[u8], after: &[u8]| client_data_bytes(&world, [before, &good, after].concat());
    with(b"", b"").unwrap();
    with(b"\xef\xbb\xbf", b"").expect("a byte order mark is hashed, but ignored by the parser");
    for (before, after) in [(&b""[..], &b"}"[..]), (b"[", b"]"), (b"\xff", b""), (b"", b"\0")] {
        let result = with(before, after);
        assert!(matches!(result, Err(Error::ClientDataFormat { .. })), "{before:?} {after:?}: {result:?}");
    }
    // The decoding of the specification replaces invalid UTF-8. In an unknown member, it is ignored.
    let text = String::from_utf8(good.clone()).unwrap();
    let bytes = [text.trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"].concat();
    client_data_bytes(&world, bytes).unwrap();
}

#[test]
fn step_7_type_is_create() {
    let json = json!({"type": "webauthn.get", "challenge": CHALLENGE, "origin": "https://login.microsoft.com"});
    let expected = Error::ClientDataType { expected: "webauthn.create", found: "webauthn.get".to_owned() };
    assert_eq!(client_data(&World::new(), &json), Err(expected));
}

#[test]
fn step_8_challenge_is_the_issued_string() {
    let world = World::new();
    assert!(matches!(made(&world, |credential| credential.challenge = "b3RoZXI"), Err(Error::Challenge { .. })));
    // Another encoding of the same bytes is another challenge.
    let padded = format!("{CHALLENGE}=");
    let result = expected(&world, |expectations| expectations.challenge = padded);
    assert!(matches!(result, Err(Error::Challenge { .. })));
}

#[test]
fn step_9_origin_is_accepted() {
    let origin = "https://login.microsoft.com.evil.example";
    let json = json!({"type": "webauthn.create", "challenge": CHALLENGE, "origin": origin});
    assert!(matches!(client_data(&World::new(), &json), Err(Error::Origin { .. })));
}

#[test]
fn step_10_rejects_frame_of_another_origin() {
    let world = World::new();
    let mut json = json!({"type": "webauthn.create", "challenge": CHALLENGE, "origin": "https://login.microsoft.com"});
    client_data(&world, &json).expect("crossOrigin may be absent");
    json["crossOrigin"] = json!(false);
    client_data(&world, &json).expect("crossOrigin may be false");
    json["crossOrigin"] = json!(true);
    assert_eq!(client_data(&world, &json), Err(Error::CrossOrigin));
}

#[test]
fn step_11_rejects_top_origin() {
    let mut json = json!({"type": "webauthn.create", "challenge": CHALLENGE, "origin": "https://login.microsoft.com"});
    json["topOrigin"] = json!("https://login.microsoft.com");
    assert_eq!(client_data(&World::new(), &json), Err(Error::CrossOrigin));
}

#[test]
fn step_13_attestation_object_is_cbor() {
    let world = World::new();
    let good = world.credential().make().unwrap();
    let with = |change: fn(&mut Vec<u8>)| {
        let mut response = good.clone();
        change(&mut response.response.attestation_object.0);
        world.verify(&response)
    };
    with(|_| {}).unwrap();
    let broken: [fn(&mut Vec<u8>); 4] =
        [|object| object.push(0), |object| object.truncate(object.len() - 1), Vec::clear, |object| object[0] = 0xff];
    for change in broken {
        let result = with(change);
        assert!(matches!(result, Err(Error::Cbor { .. })), "{result:?}");
    }
}

#[test]
fn step_14_rp_id_hash_matches() {
    let refused = Err(Error::RpIdHash { rp_id: "login.microsoft.com".to_owned() });
    assert_eq!(auth_data(&World::new(), |data| data.rp_id_hash[31] ^= 1), refused);
}

#[test]
fn step_15_user_was_present() {
    assert_eq!(made(&World::new(), |credential| credential.flags = Flags::UV), Err(Error::UserNotPresent));
}

#[test]
fn step_16_user_was_verified_if_required() {
    let world = World::new();
    assert_eq!(made(&world, |credential| credential.flags = Flags::UP), Err(Error::UserNotVerified));
    let mut lenient = world.expectations();
    lenient.require_user_verification = false;
    let mut credential = world.credential();
    credential.flags = Flags::UP;
    let verified = verify_registration(&lenient, &credential.make().unwrap()).unwrap();
    assert!(!verified.flags.contains(Flags::UV));
}

#[test]
fn step_17_backed_up_only_if_eligible() {
    let world = World::new();
    let flags = Flags::UP.with(Flags::UV);
    assert_eq!(made(&world, |credential| credential.flags = flags.with(Flags::BS)), Err(Error::BackupState));
    made(&world, |credential| credential.flags = flags.with(Flags::BE).with(Flags::BS)).unwrap();
}

#[test]
fn steps_18_and_19_backup_flags_are_reported() {
    let world = World::new();
    let flags = Flags::UP.with(Flags::UV);
    for backup in [Flags::default(), Flags::BE, Flags::BE.with(Flags::BS)] {
        let verified = made(&world, |credential| credential.flags = flags.with(backup)).unwrap();
        for flag in [Flags::BE, Flags::BS] {
            assert_eq!(verified.flags.contains(flag), backup.contains(flag));
        }
    }
}

#[test]
fn step_18_rejects_credential_that_may_be_backed_up_if_it_must_be_device_bound() {
    let world = World::new();
    let mut strict = world.expectations();
    strict.require_device_bound = true;
    let flags = Flags::UP.with(Flags::UV);
    for (flags, accepted) in
        [(flags, true), (flags.with(Flags::BE), false), (flags.with(Flags::BE).with(Flags::BS), false)]
    {
        let mut credential = world.credential();
        credential.flags = flags;
        let verified = verify_registration(&strict, &credential.make().unwrap());
        assert_eq!(verified.as_ref().err(), (!accepted).then_some(&Error::NotDeviceBound), "{flags:?}");
    }
}

#[test]
fn rejects_registration_without_credential() {
    assert_eq!(auth_data(&World::new(), |data| data.attested = None), Err(Error::NoCredential));
}

#[test]
fn step_20_algorithm_was_requested() {
    let result = expected(&World::new(), |expectations| expectations.algorithms = vec![-257]);
    let refused = Error::AlgorithmNotRequested { found: crate::Algorithm::Es256, requested: vec![-257] };
    assert_eq!(result, Err(refused));
}

#[test]
fn step_21_format_is_known_and_case_sensitive() {
    let world = World::new();
    for other in ["Packed", "packee"] {
        let mut response = world.credential().make().unwrap();
        let object = &mut response.response.attestation_object.0;
        let at = object.windows(6).position(|window| window == b"packed").unwrap();
        object[at..at + 6].copy_from_slice(other.as_bytes());
        assert_eq!(world.verify(&response), Err(Error::AttestationFormat { format: other.to_owned() }));
    }
}

#[test]
fn step_22_signature_covers_the_client_data() {
    let world = World::new();
    let mut response = world.credential().make().unwrap();
    // White space changes only the hash.
    response.response.client_data_json.0.insert(1, b' ');
    assert_eq!(world.verify(&response), Err(Error::AttestationSignature { format: "packed" }));
}

#[test]
fn step_22_signature_covers_the_credential() {
    let world = World::new();
    let mut response = world.credential().make().unwrap();
    let stranger = crate::builder::public_key(&key_pair()).unwrap();
    let object = response.response.attestation_object.0.clone();
    let parsed = AttestationObject::parse(&object).unwrap();
    let data = AuthenticatorData {
        attested: Some(AttestedCredential { public_key: stranger, ..parsed.auth_data.attested.clone().unwrap() }),
        ..parsed.auth_data.clone()
    };
    let at = object.windows(37).position(|window| window == &parsed.auth_data_bytes[..37]).unwrap();
    let bytes = data.to_bytes().unwrap();
    response.response.attestation_object.0[at..at + bytes.len()].copy_from_slice(&bytes);
    assert_eq!(world.verify(&response), Err(Error::AttestationSignature { format: "packed" }));
}

#[test]
fn step_23_attestation_certificate_is_not_an_anchor() {
    // The specification allows it as an anchor. This crate accepts only CAs, so that the key of one model cannot attest
    // another.
    let leaf = Authority::root("Test Root").issue(leaf_params());
    assert!(matches!(TrustAnchors::from_der(vec![leaf.der], vec![]), Err(Error::TrustAnchors { .. })));
}

#[test]
fn step_24_certificate_chains_to_a_root() {
    let world = World::new();
    let stranger = Authority::root("Test Root").issue(leaf_params()).signer(&[]);
    let result = made(&world, |credential| credential.attestation = Attestation::Packed(&stranger));
    assert!(matches!(result, Err(Error::Untrusted { roots: 1, .. })), "{result:?}");
    let result = expected(&world, |expectations| expectations.time = now() - chrono::Duration::days(3650));
    assert!(matches!(result, Err(Error::Certificate { .. })), "{result:?}");
}

#[test]
fn step_24_none_and_self_only_if_the_policy_accepts_them() {
    let world = World::new();
    for (attestation, kind) in
        [(Attestation::PackedSelf, AttestationKind::SelfSigned), (Attestation::None, AttestationKind::None)]
    {
        let refused = made(&world, |credential| credential.attestation = attestation);
        assert!(matches!(refused, Err(Error::Unattested { .. })), "{refused:?}");

        let mut lenient = world.expectations();
        lenient.attestation = AttestationPolicy::TrustedIfCertified(&world.anchors);
        let mut credential = world.credential();
        credential.attestation = attestation;
        let accepted = verify_registration(&lenient, &credential.make().unwrap()).unwrap().attestation;
        assert_eq!((accepted.kind, accepted.trusted, accepted.chain.len()), (kind, false, 0));
    }
}

#[test]
fn step_24_certificate_must_be_trusted_even_if_it_is_optional() {
    let world = World::new();
    let empty = TrustAnchors::default();
    let mut lenient = world.expectations();
    lenient.attestation = AttestationPolicy::TrustedIfCertified(&empty);
    let result = verify_registration(&lenient, &world.credential().make().unwrap());
    assert!(matches!(result, Err(Error::Untrusted { roots: 0, .. })));
}

#[test]
fn step_25_credential_id_has_at_most_1023_bytes() {
    let world = World::new();
    made(&world, |credential| credential.credential_id = &[3; 1023]).unwrap();
    let mut credential = world.credential();
    credential.credential_id = &[3; 1024];
    assert_eq!(credential.make(), Err(Error::CredentialIdLength { length: 1024 }));

    // The builder rejects a length of 1024, so the authenticator data is patched.
    let mut data = world.credential().auth_data().unwrap().to_bytes().unwrap();
    data.splice(53..55, 1024u16.to_be_bytes());
    data.splice(55..55 + CREDENTIAL_ID.len(), [3; 1024]);
    let json = crate::client_data::build(Ceremony::Registration, CHALLENGE, "https://login.microsoft.com");
    let object = attestation_object(&data, &json, &world.key, Attestation::Packed(&world.signer)).unwrap();
    let result = world.verify(&RegistrationResponse::new(&[3; 1024], json, object));
    assert_eq!(result, Err(Error::CredentialIdLength { length: 1024 }));
}

#[test]
fn step_26_credential_is_new() {
    let result = expected(&World::new(), |expectations| expectations.excluded.push(CREDENTIAL_ID.to_vec()));
    assert_eq!(result, Err(Error::CredentialExcluded));
}

#[test]
fn step_28_extension_outputs_are_reported_and_optional() {
    let world = World::new();
    let unrequested =
        made(&world, |credential| credential.extensions = Extensions::default().with_cred_protect(3)).unwrap();
    assert_eq!((unrequested.extensions.cred_protect(), unrequested.extensions.hmac_secret()), (Some(3), None));
    let absent = made(&world, |credential| credential.extensions = Extensions::default()).unwrap();
    assert!(absent.extensions.is_empty());

    let mut response = world.credential().make().unwrap();
    response.client_extension_results.insert("credProps".to_owned(), json!({"rk": true}));
    response.client_extension_results.insert("unknown".to_owned(), json!([1]));
    world.verify(&response).unwrap();
    let read: RegistrationResponse = serde_json::from_str(&serde_json::to_string(&response).unwrap()).unwrap();
    assert_eq!(read.client_extension_results, response.client_extension_results);
}

#[test]
fn rejects_model_that_is_not_allowed() {
    let world = World::new();
    let other = Aaguid::from_bytes([1; 16]);
    let result = expected(&world, |expectations| expectations.allowed_aaguids = Some(vec![other]));
    assert_eq!(result, Err(Error::AaguidNotAllowed { found: AAGUID, allowed: 1 }));
    assert!(expected(&world, |expectations| expectations.allowed_aaguids = Some(vec![])).is_err());
    expected(&world, |expectations| expectations.allowed_aaguids = None).unwrap();
}
