//! Factory that makes real credentials, attested under a test root.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use keyferry_domain::CreationOptions;
use keyferry_webauthn::builder::{Attestation, AttestationSigner, NewCredential, key_pair_from_pkcs8};
use keyferry_webauthn::{Aaguid, Extensions, Flags, TrustAnchors};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use serde_json::{Map, Value};

use super::tamper::Tamper;

pub const MODEL: Aaguid = Aaguid::from_bytes([0x5a; 16]);
const OTHER_MODEL: Aaguid = Aaguid::from_bytes([0x5b; 16]);

/// Factory with a trusted root, and a signer of an untrusted one.
pub struct Factory {
    pub anchors: TrustAnchors,
    model: AttestationSigner,
    other_model: AttestationSigner,
    stranger: AttestationSigner,
}

pub static FACTORY: LazyLock<Factory> = LazyLock::new(|| {
    let (root, der) = root("Engine Test Root");
    let (other_root, _) = self::root("Nobody's Root");
    Factory {
        anchors: TrustAnchors::from_der(vec![der], vec![]).unwrap(),
        model: signer(&root, MODEL),
        other_model: signer(&root, OTHER_MODEL),
        stranger: signer(&other_root, MODEL),
    }
});

/// Credential on a key.
pub struct MadeCredential {
    pub id: Vec<u8>,
    pub key: Arc<EcdsaKeyPair>,
    pub response: Map<String, Value>,
}

impl Factory {
    /// Makes the credential for these options, with a defect if `tamper` is set.
    pub fn make(&self, options: &CreationOptions, id: Vec<u8>, tamper: Option<Tamper>) -> MadeCredential {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let is = |other| tamper == Some(other);
        let other_challenge = format!("{}x", options.challenge);
        let signer = match tamper {
            Some(Tamper::OtherModel) => &self.other_model,
            Some(Tamper::Untrusted) => &self.stranger,
            _ => &self.model,
        };
        let credential = NewCredential {
            rp_id: if is(Tamper::RelyingParty) { "evil.example" } else { &options.rp_id },
            challenge: if is(Tamper::Challenge) { &other_challenge } else { &options.challenge },
            aaguid: if is(Tamper::OtherModel) { OTHER_MODEL } else { MODEL },
            credential_id: &id,
            key: &key,
            flags: match tamper {
                Some(Tamper::Unverified) => Flags::UP,
                Some(Tamper::BackupEligible) => Flags::UP.with(Flags::UV).with(Flags::BE),
                _ => Flags::UP.with(Flags::UV),
            },
            sign_count: 1,
            extensions: Extensions::default(),
            attestation: match tamper {
                Some(Tamper::Unattested) => Attestation::None,
                Some(Tamper::SelfAttested) => Attestation::PackedSelf,
                _ => Attestation::Packed(signer),
            },
        };
        let response = serde_json::to_value(credential.make().unwrap()).unwrap();
        let Value::Object(response) = response else { panic!("a response is an object") };
        MadeCredential { id, key: Arc::new(key), response }
    }
}

fn dated(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2045, 1, 1);
    let subject = &mut params.distinguished_name;
    subject.push(DnType::CountryName, "SE");
    subject.push(DnType::OrganizationName, "Test Maker");
    subject.push(DnType::OrganizationalUnitName, "Authenticator Attestation");
    subject.push(DnType::CommonName, name);
    params
}

fn root(name: &str) -> (Issuer<'static, KeyPair>, Vec<u8>) {
    let mut params = dated(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().unwrap();
    let der = params.self_signed(&key).unwrap().der().to_vec();
    (Issuer::new(params, key), der)
}

/// Returns the attestation signer of a batch of one model (WebAuthn level 3 section 8.2.1).
fn signer(root: &Issuer<'static, KeyPair>, model: Aaguid) -> AttestationSigner {
    let mut params = dated("Test Batch");
    params.is_ca = IsCa::ExplicitNoCa;
    let value = [&[0x04, 0x10], model.as_bytes().as_slice()].concat();
    let extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4], value);
    params.custom_extensions = vec![extension];
    let key = KeyPair::generate().unwrap();
    let der = params.signed_by(&key, root).unwrap().der().to_vec();
    AttestationSigner::new(vec![der], key_pair_from_pkcs8("the attestation key", &key.serialize_der()).unwrap())
}
