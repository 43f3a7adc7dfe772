//! Tests of [`keyferry_webauthn::builder`] with independent relying parties: python-fido2 and @simplewebauthn/server.
//! They must accept all variants that the builder creates and reject modified ones.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]
#![allow(missing_docs, reason = "tests")]

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use keyferry_outsiders::{ask, node, python};
use keyferry_webauthn::builder::{Attestation, AttestationSigner, NewAssertion, NewCredential, key_pair_from_pkcs8};
use keyferry_webauthn::{Aaguid, Base64Url, Extensions, Flags, builder};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType, IsCa, KeyPair,
    KeyUsagePurpose,
};
use serde_json::{Value, json};

const RP_ID: &str = "login.microsoft.com";
const ORIGIN: &str = "https://login.microsoft.com";
const CHALLENGE: &str = "cmVnaXN0cmF0aW9uLXJlZ2lzdHJhdGlvbi1yZWdpc3Q";
const SIGN_IN_CHALLENGE: &str = "c2lnbi1pbi1zaWduLWluLXNpZ24taW4tc2lnbi1pbi0";
const AAGUID: Aaguid = Aaguid::from_bytes([0x5a; 16]);
const CREDENTIAL_ID: [u8; 48] = [0xc1; 48];

/// A root and two signers: one directly below the root, and one below an intermediate certificate that is presented.
struct Factory {
    root: String,
    direct: AttestationSigner,
    over_intermediate: AttestationSigner,
}

impl Factory {
    fn new() -> Self {
        let root = CertifiedIssuer::self_signed(ca_params("Root"), KeyPair::generate().unwrap()).unwrap();
        let intermediate =
            CertifiedIssuer::signed_by(ca_params("Batch CA"), KeyPair::generate().unwrap(), &root).unwrap();
        let signer = |issuer: &CertifiedIssuer<'_, KeyPair>, others: &[&CertifiedIssuer<'_, KeyPair>]| {
            let key = KeyPair::generate().unwrap();
            let leaf = leaf_params().signed_by(&key, issuer).unwrap();
            let others = others.iter().map(|other| other.der().to_vec());
            let chain = std::iter::once(leaf.der().to_vec()).chain(others).collect();
            AttestationSigner::new(chain, key_pair_from_pkcs8("attestation", &key.serialize_der()).unwrap())
        };
        Self {
            root: root.pem(),
            direct: signer(&root, &[]),
            over_intermediate: signer(&intermediate, &[&intermediate]),
        }
    }
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn leaf_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "SE");
    name.push(DnType::OrganizationName, "Test Maker");
    name.push(DnType::OrganizationalUnitName, "Authenticator Attestation");
    name.push(DnType::CommonName, "Test Batch 1");
    params.distinguished_name = name;
    params.is_ca = IsCa::ExplicitNoCa;
    let model = [&[0x04, 0x10], AAGUID.as_bytes().as_slice()].concat();
    params.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4], model)];
    params
}

/// Returns a registration and a sign-in in the form that the scripts expect.
fn ceremony(roots: &[&str], key: &EcdsaKeyPair, attestation: Attestation<'_>, extensions: Extensions) -> Value {
    let flags = Flags::UP.with(Flags::UV);
    let credential = NewCredential {
        rp_id: RP_ID,
        challenge: CHALLENGE,
        aaguid: AAGUID,
        credential_id: &CREDENTIAL_ID,
        key,
        flags,
        sign_count: 1,
        extensions,
        attestation,
    };
    let sign_in = NewAssertion {
        rp_id: RP_ID,
        challenge: SIGN_IN_CHALLENGE,
        origin: ORIGIN,
        credential_id: &CREDENTIAL_ID,
        key,
        flags,
        sign_count: 2,
        user_handle: Some(b"user"),
    };
    json!({
        "rp_id": RP_ID, "origin": ORIGIN, "challenge": CHALLENGE, "roots": roots,
        "registration": credential.make().unwrap(),
        "sign_in": {"origin": ORIGIN, "challenge": SIGN_IN_CHALLENGE, "response": sign_in.make().unwrap()},
    })
}

/// Flips the last bit of a binary member.
fn flip(member: &mut Value) {
    let mut bytes = Base64Url::decode("member", member.as_str().unwrap()).unwrap();
    *bytes.0.last_mut().unwrap() ^= 1;
    *member = json!(bytes);
}

type Change = fn(&mut Value);

/// Modifications that each make a valid, certified ceremony invalid.
const DEFECTS: [(&str, Change); 8] = [
    ("the attestation object's last bit, in the authenticator data", |one| {
        flip(&mut one["registration"]["response"]["attestationObject"]);
    }),
    ("another challenge", |one| one["challenge"] = json!(SIGN_IN_CHALLENGE)),
    ("another origin", |one| one["origin"] = json!("https://login.microsoft.com.example")),
    ("another relying party", |one| one["rp_id"] = json!("microsoft.com")),
    ("client data with a space", |one| {
        let member = &mut one["registration"]["response"]["clientDataJSON"];
        let mut bytes = Base64Url::decode("member", member.as_str().unwrap()).unwrap();
        bytes.0.insert(1, b' ');
        *member = json!(bytes);
    }),
    ("the sign-in's signature", |one| flip(&mut one["sign_in"]["response"]["response"]["signature"])),
    ("the sign-in's challenge", |one| one["sign_in"]["challenge"] = json!(CHALLENGE)),
    ("the sign-in's counter", |one| flip(&mut one["sign_in"]["response"]["response"]["authenticatorData"])),
];

fn check(ask: impl FnOnce(&Value) -> Value) {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let (factory, stranger) = (Factory::new(), Factory::new());
    let roots = [factory.root.as_str()];
    let some = || Extensions::default().with_cred_protect(2).with_hmac_secret(true);
    let sound = [
        ("packed", ceremony(&roots, &key, Attestation::Packed(&factory.direct), some())),
        ("packed", ceremony(&roots, &key, Attestation::Packed(&factory.direct), Extensions::default())),
        ("packed", ceremony(&roots, &key, Attestation::Packed(&factory.over_intermediate), some())),
        ("packed", ceremony(&[], &key, Attestation::PackedSelf, some())),
        ("none", ceremony(&[], &key, Attestation::None, some())),
    ];
    let mut broken: Vec<(&str, Value)> = DEFECTS
        .iter()
        .map(|(what, change)| {
            let mut one = sound[0].1.clone();
            change(&mut one);
            (*what, one)
        })
        .collect();
    let mut self_signed = sound[3].1.clone();
    flip(&mut self_signed["registration"]["response"]["attestationObject"]);
    broken.push(("self attestation over other data", self_signed));
    let other_root = [stranger.root.as_str()];
    broken.push(("a root of the same name", ceremony(&other_root, &key, Attestation::Packed(&factory.direct), some())));

    let questions: Vec<_> = sound.iter().chain(&broken).map(|(_, ceremony)| ceremony).collect();
    let answers = ask(&json!(questions));
    let (accepted, refused) = answers.as_array().unwrap().split_at(sound.len());
    assert_eq!(refused.len(), broken.len());
    for ((format, _), answer) in sound.iter().zip(accepted) {
        assert_eq!(answer["format"], *format, "{answer}");
        assert_eq!(answer["aaguid"], AAGUID.to_string(), "{answer}");
        assert_eq!(answer["credential_id"], Base64Url(CREDENTIAL_ID.to_vec()).to_string(), "{answer}");
        let public_key = Base64Url(builder::public_key(&key).unwrap().to_cose()).to_string();
        assert_eq!((&answer["public_key"], &answer["sign_count"]), (&json!(public_key), &json!(1)), "{answer}");
    }
    for ((what, _), answer) in broken.iter().zip(refused) {
        assert!(answer["refused"].is_string(), "{what}: {answer}");
    }
}

#[test]
fn python_fido2_accepts_output_of_the_builder() {
    let Some(script) = python("webauthn/relying_party.py") else { return };
    check(|questions| ask(script, questions));
}

#[test]
fn simplewebauthn_accepts_output_of_the_builder() {
    let Some(script) = node("webauthn/relying_party.mjs") else { return };
    check(|questions| ask(script, questions));
}
