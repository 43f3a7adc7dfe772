//! Property tests of the parsers: no input makes them panic, and they reject all input that breaks their rules.
#![expect(clippy::unwrap_used, reason = "test helpers")]

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use keyferry_testkit::mutation::{any_bytes, any_json, any_text, changed, changes, config, edited, edits};
use keyferry_webauthn::{
    Aaguid, AttestationObject, AttestationPolicy, AuthenticatorData, Base64Url, Ceremony, ClientData, CreationOptions,
    Flags, PublicKey, RegistrationExpectations, RegistrationResponse, TrustAnchors, verify_registration,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const ROOT: &[u8] = include_bytes!("../../../trust-anchors/yubico-fido-ca-1.pem");
const INTERMEDIATE: &[u8] = include_bytes!("../../../trust-anchors/yubico-intermediate.pem");

/// The registration of a real key.
struct Real {
    rp_id: String,
    client_data: Vec<u8>,
    object: Vec<u8>,
}

static REAL: LazyLock<Vec<Real>> = LazyLock::new(|| {
    let vectors: Value = serde_json::from_str(include_str!("data/real-security-keys.json")).unwrap();
    let real = |example: &Value| {
        let object = example["attestation_object_b64url"].as_str().unwrap().trim_end_matches('=');
        Real {
            rp_id: example["rp_id"].as_str().unwrap().into(),
            client_data: example["client_data_json"].as_str().unwrap().into(),
            object: Base64Url::decode("vector", object).unwrap().0,
        }
    };
    vectors["examples"].as_array().unwrap().iter().map(real).collect()
});

static ANCHORS: LazyLock<TrustAnchors> = LazyLock::new(|| {
    let roots: [&[u8]; 3] = [
        ROOT,
        include_bytes!("../../../trust-anchors/yubico-fido-ca-2.pem"),
        include_bytes!("../../../trust-anchors/yubico-ca-1.pem"),
    ];
    TrustAnchors::from_pem(&roots, &[INTERMEDIATE]).unwrap()
});

fn time() -> DateTime<Utc> {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

/// Returns expectations that the real registration fulfils.
fn expectations(real: &Real) -> RegistrationExpectations<'static> {
    let client_data = ClientData::parse(&real.client_data).unwrap();
    RegistrationExpectations {
        challenge: client_data.challenge,
        rp_id: real.rp_id.clone(),
        origins: vec![client_data.origin],
        require_user_verification: false,
        require_device_bound: false,
        algorithms: vec![-7, -8, -257],
        excluded: Vec::new(),
        attestation: AttestationPolicy::RequireTrusted(&ANCHORS),
        allowed_aaguids: None,
        time: time(),
    }
}

fn id(real: &Real) -> Vec<u8> {
    AttestationObject::parse(&real.object).unwrap().auth_data.attested.unwrap().credential_id
}

proptest! {
    #![proptest_config(config(256))]

    /// A changed registration is rejected, unless the change affects only the encoding or unsigned parts.
    #[test]
    fn changed_registration_is_never_another_credential(
        which in any::<prop::sample::Index>(),
        edits in edits(),
        data_edits in edits(),
    ) {
        let real = which.get(&REAL);
        let expected = expectations(real);
        let response = RegistrationResponse::new(&id(real), real.client_data.clone(), real.object.clone());
        let original = verify_registration(&expected, &response).unwrap();
        let object = edited(&real.object, &edits);
        let response = RegistrationResponse::new(&id(real), real.client_data.clone(), object);
        if let Ok(mut accepted) = verify_registration(&expected, &response) {
            if accepted.attestation.format == "fido-u2f" {
                // Section 8.6: this format does not sign flags and counter.
                (accepted.flags, accepted.sign_count) = (original.flags, original.sign_count);
            }
            prop_assert_eq!(accepted, original);
        }
        let client_data = edited(&real.client_data, &data_edits);
        let same = client_data == real.client_data;
        let response = RegistrationResponse::new(&id(real), client_data, real.object.clone());
        prop_assert_eq!(verify_registration(&expected, &response).is_ok(), same);
    }

    #[test]
    fn parses_authenticator_data_completely(
        which in any::<prop::sample::Index>(),
        edits in edits(),
        bytes in any_bytes(200),
        flags in any::<u8>(),
    ) {
        let real = AttestationObject::parse(&which.get(&REAL).object).unwrap().auth_data_bytes;
        let mut other_flags = real.clone();
        other_flags[32] = flags;
        for bytes in [edited(&real, &edits), bytes, other_flags] {
            let Ok(read) = AuthenticatorData::parse(&bytes) else { continue };
            prop_assert_eq!(read.flags.contains(Flags::AT), read.attested.is_some());
            prop_assert_eq!(&bytes[..32], &read.rp_id_hash);
            if let Some(attested) = &read.attested {
                prop_assert!((1..=1023).contains(&attested.credential_id.len()));
                let key = PublicKey::from_cose(&attested.public_key.to_cose());
                prop_assert_eq!(key.ok(), Some(attested.public_key.clone()));
            }
            let again = AuthenticatorData::parse(&read.to_bytes().unwrap());
            let known = read.flags.without(Flags::ED);
            prop_assert_eq!(again.as_ref().map(|again| again.flags.without(Flags::ED)), Ok(known));
            let again = again.map(|again| (again.attested, again.extensions));
            prop_assert_eq!(again, Ok((read.attested, read.extensions)));
        }
    }

    #[test]
    fn attestation_object_of_any_bytes_is_never_trusted(
        bytes in any_bytes(100),
        which in any::<prop::sample::Index>(),
        edits in edits(),
    ) {
        for bytes in [bytes, edited(&which.get(&REAL).object, &edits)] {
            let Ok(object) = AttestationObject::parse(&bytes) else { continue };
            prop_assert!(AuthenticatorData::parse(&object.auth_data_bytes).is_ok());
            // The client data hash does not match, so only the format "none" can verify.
            if let Ok(verified) = object.verify(&[7; 32], Some(&ANCHORS), time()) {
                prop_assert!(verified.format == "none" && !verified.trusted);
            }
        }
    }

    #[test]
    fn public_key_round_trips_through_cose(
        bytes in any_bytes(100),
        which in any::<prop::sample::Index>(),
        edits in edits(),
    ) {
        let real = AttestationObject::parse(&which.get(&REAL).object).unwrap().auth_data.attested.unwrap();
        for bytes in [bytes, edited(&real.public_key.to_cose(), &edits)] {
            if let Ok(key) = PublicKey::from_cose(&bytes) {
                prop_assert_eq!(PublicKey::from_cose(&key.to_cose()).ok(), Some(key.clone()));
                prop_assert!(!key.verifies(b"message", &bytes));
            }
        }
    }

    /// Client data verifies only with the expected type, challenge and origin, and without a frame of another origin.
    #[test]
    fn verified_client_data_has_the_expected_members(
        changes in changes(),
        edits in edits(),
        any in any_json(),
        text in any_text(),
    ) {
        let valid = json!({
            "type": "webauthn.create", "challenge": "c", "origin": "https://o.example", "crossOrigin": false
        });
        let texts = [
            changed(&valid, &changes).to_string().into_bytes(),
            edited(valid.to_string().as_bytes(), &edits),
            any.to_string().into_bytes(),
            text.into_bytes(),
        ];
        for bytes in texts {
            let Ok(read) = ClientData::parse(&bytes) else { continue };
            if read.verify(Ceremony::Registration, "c", &["https://o.example".to_owned()]).is_ok() {
                let json: Value = serde_json::from_str(&String::from_utf8_lossy(&bytes)).unwrap();
                for member in ["type", "challenge", "origin"] {
                    prop_assert_eq!(&json[member], &valid[member]);
                }
                prop_assert!(json["crossOrigin"] != true && json["topOrigin"].is_null());
            }
        }
    }

    #[test]
    fn creation_options_round_trip_through_json(changes in changes(), edits in edits()) {
        let valid = json!({
            "rp": {"id": "login.microsoft.com", "name": "Microsoft"},
            "user": {"id": "T0Y6", "name": "ada@contoso.example", "displayName": "Ada"},
            "challenge": "ZXlK.a=b", "timeout": 0,
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
            "excludeCredentials": [{"id": "AQID", "type": "public-key", "transports": ["usb"]}],
            "authenticatorSelection": {
                "authenticatorAttachment": "cross-platform", "requireResidentKey": true, "userVerification": "required"
            },
            "attestation": "direct", "extensions": {"hmacCreateSecret": true},
        });
        for text in [changed(&valid, &changes).to_string().into_bytes(), edited(valid.to_string().as_bytes(), &edits)] {
            let Ok(options) = serde_json::from_slice::<CreationOptions>(&text) else { continue };
            let json = serde_json::to_value(&options).unwrap();
            prop_assert_eq!(serde_json::from_value::<CreationOptions>(json).ok(), Some(options.clone()));
            let _ = (options.algorithms(), options.requires_user_verification(), options.requires_resident_key());
        }
    }

    #[test]
    fn base64url_has_only_one_encoding(text in prop_oneof![any_text(), "[A-Za-z0-9_-]{0,30}={0,2}"]) {
        if let Ok(bytes) = Base64Url::decode("value", &text) {
            prop_assert_eq!(bytes.to_string(), text.clone());
        }
        if let Ok(aaguid) = text.parse::<Aaguid>() {
            prop_assert_eq!(aaguid.to_string().parse::<Aaguid>().ok(), Some(aaguid));
        }
    }
}

proptest! {
    #![proptest_config(config(128))]

    /// Trust anchors are read from a file of the operator.
    #[test]
    fn corrupted_trust_anchors_are_rejected_or_harmless(edits in edits(), bytes in any_bytes(200)) {
        for pem in [edited(ROOT, &edits), bytes.clone()] {
            if let Ok(anchors) = TrustAnchors::from_pem(&[&pem], &[INTERMEDIATE]) {
                prop_assert!(anchors.is_empty() || anchors.roots().is_ok());
            }
        }
        if let Ok(anchors) = TrustAnchors::from_der(vec![bytes.clone()], vec![bytes]) {
            prop_assert!(anchors.roots().is_ok());
        }
    }
}
