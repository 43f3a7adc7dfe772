//! Tests with Chromium's virtual authenticator.
//!
//! Its attestation certificate is public test material. It does not chain to a root and does not name a model, so a
//! policy that requires trust rejects it. Everything else about the credential is verified.

use keyferry_outsiders::{ask, python, system};
use keyferry_webauthn::{
    AttestationKind, AttestationObject, AttestationPolicy, Base64Url, CertificateFault, Error, Flags, TrustAnchors,
    verify_registration,
};
use serde_json::{Value, json};

use super::{Made, SIGN_IN_CHALLENGE, check_refusals, check_sign_in, creation_options, expectations};

struct Case {
    name: &'static str,
    algorithm: i64,
    attestation: &'static str,
    u2f: bool,
    format: &'static str,
    aaguid: &'static str,
}

const MODEL: &str = "01020304-0506-0708-0102-030405060708";
const NO_MODEL: &str = "00000000-0000-0000-0000-000000000000";

const CASES: [Case; 5] = [
    Case { name: "ES256", algorithm: -7, attestation: "direct", u2f: false, format: "packed", aaguid: MODEL },
    Case { name: "RS256", algorithm: -257, attestation: "direct", u2f: false, format: "packed", aaguid: MODEL },
    Case { name: "EdDSA", algorithm: -8, attestation: "direct", u2f: false, format: "packed", aaguid: MODEL },
    Case { name: "U2F", algorithm: -7, attestation: "direct", u2f: true, format: "fido-u2f", aaguid: NO_MODEL },
    Case { name: "none", algorithm: -7, attestation: "none", u2f: false, format: "none", aaguid: NO_MODEL },
];

impl Case {
    fn verification(&self) -> &'static str {
        if self.u2f { "discouraged" } else { "required" }
    }

    fn options(&self) -> Value {
        let mut options = creation_options(self.algorithm, self.attestation, self.verification());
        if !self.u2f {
            // Request extensions, so that the authenticator returns outputs.
            options["extensions"] = json!({"credProps": true, "minPinLength": true});
        }
        options
    }

    /// Returns the input of the script: the authenticator (CDP `WebAuthn.VirtualAuthenticatorOptions`) and the options
    /// of both ceremonies.
    fn question(&self) -> Value {
        let authenticator = if self.u2f {
            json!({"protocol": "u2f", "transport": "usb", "automaticPresenceSimulation": true})
        } else {
            json!({
                "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "usb", "hasResidentKey": true,
                "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true,
                "hasMinPinLength": true,
            })
        };
        let mut get =
            json!({"challenge": SIGN_IN_CHALLENGE, "rpId": "localhost", "userVerification": self.verification()});
        if !self.u2f {
            // A discoverable credential is found without its id.
            get["allowCredentials"] = json!([]);
        }
        json!({"authenticator": authenticator, "create": self.options(), "get": get})
    }

    fn check(&self, origin: &str, made: &Made) {
        let name = self.name;
        let expected = expectations(&self.options(), origin, AttestationPolicy::SignatureOnly);
        assert_eq!(expected.require_user_verification, !self.u2f);
        let credential =
            verify_registration(&expected, &made.registration()).unwrap_or_else(|error| panic!("{name}: {error}"));

        // The client returns parts of the attestation object again, as it parsed them itself.
        assert_eq!(made.registration["id"], Base64Url(credential.credential_id.clone()).to_string(), "{name}");
        let reported = &made.registration["response"];
        assert_eq!(reported["publicKeyAlgorithm"], credential.public_key.algorithm().id(), "{name}");
        let object = AttestationObject::parse(made.registration().response.attestation_object.as_bytes()).unwrap();
        assert_eq!(reported["authenticatorData"], Base64Url(object.auth_data_bytes).to_string(), "{name}");
        if let Some(point) = credential.public_key.p256_point() {
            let info = Base64Url::decode("publicKey", reported["publicKey"].as_str().unwrap()).unwrap();
            assert!(info.0.ends_with(point), "{name}");
        }
        assert_eq!(credential.aaguid.to_string(), self.aaguid, "{name}");
        assert_eq!(credential.flags.contains(Flags::UV), !self.u2f, "{name}");
        assert_eq!(credential.extensions.is_empty(), self.u2f, "{name}");

        let attestation = &credential.attestation;
        assert_eq!((attestation.format, attestation.trusted), (self.format, false), "{name}");
        let certified = self.format != "none";
        let kind = if certified { AttestationKind::Certificate } else { AttestationKind::None };
        assert_eq!((attestation.kind, attestation.chain.len()), (kind, usize::from(certified)), "{name}");
        if let [certificate] = attestation.chain.as_slice() {
            assert!(certificate.subject.contains("O=Chromium"), "{name}: {certificate:?}");
        }

        self.check_trust(origin, made);
        check_refusals(name, &expected, made);
        check_sign_in(name, origin, &credential, made);
    }

    /// Checks that the credential is rejected if the vendor's roots must be trusted.
    fn check_trust(&self, origin: &str, made: &Made) {
        let root = include_bytes!("../../../../trust-anchors/yubico-ca-1.pem");
        let anchors = TrustAnchors::from_pem(&[root], &[]).unwrap();
        let policy = AttestationPolicy::RequireTrusted(&anchors);
        let error =
            verify_registration(&expectations(&self.options(), origin, policy), &made.registration()).unwrap_err();
        let as_expected = match self.format {
            "packed" => matches!(error, Error::Certificate { fault: CertificateFault::AaguidMissing, .. }),
            "fido-u2f" => matches!(error, Error::Untrusted { roots: 1, .. }),
            _ => matches!(error, Error::Unattested { found: "no attestation" }),
        };
        assert!(as_expected, "{}: {error}", self.name);
    }
}

/// The authenticator decides whether a credential may be backed up, and reports it in flag BE.
#[test]
fn rejects_credential_that_may_be_backed_up_if_it_must_be_device_bound() {
    let (Some(_), Some(_)) = (system("chromium"), system("chromedriver")) else { return };
    let Some(script) = python("webauthn/chromium.py") else { return };
    let questions = [false, true].map(|eligible| {
        let mut question = CASES[0].question();
        question["authenticator"]["defaultBackupEligibility"] = json!(eligible);
        question["authenticator"]["defaultBackupState"] = json!(eligible);
        question
    });
    let answer = ask(script, &json!({"ceremonies": questions}));
    let origin = answer["origin"].as_str().unwrap();
    let options = CASES[0].options();
    let mut expected = expectations(&options, origin, AttestationPolicy::SignatureOnly);
    let [bound, eligible] = answer["ceremonies"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    let credential = verify_registration(&expected, &Made::of(eligible).registration()).unwrap();
    assert!(credential.flags.contains(Flags::BE.with(Flags::BS)));
    expected.require_device_bound = true;
    let error = verify_registration(&expected, &Made::of(eligible).registration()).unwrap_err();
    assert_eq!(error, Error::NotDeviceBound);
    verify_registration(&expected, &Made::of(bound).registration()).unwrap();
}

#[test]
fn accepts_credentials_and_sign_ins_of_chromium() {
    let (Some(_), Some(_)) = (system("chromium"), system("chromedriver")) else { return };
    let Some(script) = python("webauthn/chromium.py") else { return };
    let answer = ask(script, &json!({"ceremonies": CASES.iter().map(Case::question).collect::<Vec<_>>()}));
    let origin = answer["origin"].as_str().unwrap();
    let ceremonies = answer["ceremonies"].as_array().unwrap();
    assert_eq!(ceremonies.len(), CASES.len());
    for (case, ceremony) in CASES.iter().zip(ceremonies) {
        case.check(origin, &Made::of(ceremony));
    }
}
