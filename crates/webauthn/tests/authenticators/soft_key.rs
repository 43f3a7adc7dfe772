//! Tests with `soft_fido2`. Its attestations chain to its own root, so they test trusted paths with independent
//! certificates.
//! It also supports self attestation.

use keyferry_outsiders::{ask, python};
use keyferry_webauthn::{
    AttestationKind, AttestationPolicy, Error, Flags, TrustAnchors, default_origin, verify_registration,
};
use serde_json::{Value, json};

use super::{Made, SIGN_IN_CHALLENGE, check_refusals, check_sign_in, creation_options, expectations};

/// Key, COSE algorithm and attestation format.
const CASES: [(&str, i64, &str); 6] = [
    ("ES256", -7, "packed"),
    ("RS256", -257, "packed"),
    ("ES256", -7, "packed-self"),
    ("RS256", -257, "packed-self"),
    ("ES256", -7, "fido-u2f"),
    ("RS256", -257, "none"),
];

fn options(algorithm: i64, format: &str) -> Value {
    let user_verification = if format == "fido-u2f" { "discouraged" } else { "required" };
    creation_options(algorithm, "direct", user_verification)
}

fn check((key, algorithm, format): (&str, i64, &str), anchors: &TrustAnchors, made: &Made) {
    let name = format!("{key} {format}");
    let origin = default_origin("localhost");
    let options = options(algorithm, format);
    let register = |policy| verify_registration(&expectations(&options, &origin, policy), &made.registration());

    // Its U2F attestation uses a separate certificate that does not chain to the root.
    let trusted = format == "packed";
    let policy = if trusted { AttestationPolicy::RequireTrusted(anchors) } else { AttestationPolicy::SignatureOnly };
    let credential = register(policy).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(credential.public_key.algorithm().id(), algorithm, "{name}");
    assert_eq!(credential.flags.contains(Flags::UV), format != "fido-u2f", "{name}");
    let aaguid = if format == "fido-u2f" { [0; 16] } else { std::array::from_fn(|index| index as u8) };
    assert_eq!(credential.aaguid.as_bytes(), &aaguid, "{name}");

    let attestation = &credential.attestation;
    let kind = match format {
        "packed-self" => AttestationKind::SelfSigned,
        "none" => AttestationKind::None,
        _ => AttestationKind::Certificate,
    };
    assert_eq!((attestation.kind, attestation.trusted), (kind, trusted), "{name}");
    if trusted {
        let subjects: Vec<_> = attestation.chain.iter().map(|member| member.subject.as_str()).collect();
        assert_eq!(subjects.last(), Some(&"CN=soft_fido2 test root"), "{name}");
        assert!(subjects[0].contains("Authenticator Attestation"), "{name}: {subjects:?}");
        let error = register(AttestationPolicy::RequireTrusted(&TrustAnchors::default())).unwrap_err();
        assert!(matches!(error, Error::Untrusted { roots: 0, .. }), "{name}: {error}");
    } else {
        let error = register(AttestationPolicy::RequireTrusted(anchors)).unwrap_err();
        assert!(matches!(error, Error::Unattested { .. } | Error::Untrusted { .. }), "{name}: {error}");
    }
    check_refusals(&name, &expectations(&options, &origin, policy), made);
    check_sign_in(&name, &origin, &credential, made);
}

#[test]
fn accepts_credentials_and_sign_ins_of_software_key() {
    let Some((anchors, made)) = made(&CASES) else { return };
    assert_eq!(made.len(), CASES.len());
    for (case, made) in CASES.into_iter().zip(&made) {
        check(case, &anchors, made);
    }
}

/// `soft_fido2` mislabels two kinds of keys: P-384 points as P-256 (RFC 9053 section 7.1.1), and Ed25519 keys with key
/// type 6 instead of 1, OKP (section 7.2).
#[test]
fn rejects_mislabelled_keys() {
    let cases = [("ES384", -35, "packed"), ("EdDSA", -8, "packed"), ("EdDSA", -8, "none")];
    let Some((anchors, made)) = made(&cases) else { return };
    assert_eq!(made.len(), cases.len());
    for ((key, algorithm, format), made) in cases.into_iter().zip(&made) {
        let policy = AttestationPolicy::TrustedIfCertified(&anchors);
        let expected = expectations(&options(algorithm, format), &default_origin("localhost"), policy);
        let error = verify_registration(&expected, &made.registration()).unwrap_err();
        let named = matches!(error, Error::PublicKey { algorithm: found, .. } if found.id() == algorithm);
        assert!(named, "{key} {format}: {error}");
    }
}

/// Returns the responses of the software key and the root of its attestations. `None` if it is not installed, which is
/// reported.
fn made(cases: &[(&str, i64, &str)]) -> Option<(TrustAnchors, Vec<Made>)> {
    let script = python("webauthn/soft_key.py")?;
    let questions = cases.iter().map(|(key, algorithm, format)| {
        json!({"key": key, "format": format, "options": options(*algorithm, format), "challenge": SIGN_IN_CHALLENGE})
    });
    let answer = ask(script, &questions.collect());
    let anchors = TrustAnchors::from_pem(&[answer["root"].as_str().unwrap().as_bytes()], &[]).unwrap();
    Some((anchors, answer["ceremonies"].as_array().unwrap().iter().map(Made::of).collect()))
}
