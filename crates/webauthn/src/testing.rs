//! Test certificate authority, factory and key.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use chrono::{DateTime, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SignatureAlgorithm, SigningKey as _, date_time_ymd,
};

use crate::builder::{Attestation, AttestationSigner, NewCredential, key_pair_from_pkcs8};
use crate::{
    Aaguid, AttestationPolicy, Error, Extensions, Flags, RegistrationExpectations, RegistrationResponse, TrustAnchors,
    VerifiedCredential, default_origin, verify_registration,
};

pub(crate) const AAGUID: Aaguid = Aaguid::from_bytes([0x5a; 16]);
pub(crate) const CHALLENGE: &str = "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZ";
pub(crate) const CREDENTIAL_ID: [u8; 48] = [0xc1; 48];

/// Time at which all certificates of this module are valid by default.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn key_pair() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()
}

/// A certificate and its key.
pub(crate) struct Authority {
    pub(crate) der: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        Self::root_with(ca_params(name, BasicConstraints::Unconstrained), &PKCS_ECDSA_P256_SHA256)
    }

    pub(crate) fn root_with(params: CertificateParams, algorithm: &'static SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self { der, issuer: Issuer::new(params, key) }
    }

    /// Issues a certificate.
    pub(crate) fn issue(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let der = params.signed_by(&key, &self.issuer).unwrap().der().to_vec();
        Self { der, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn anchors(&self) -> TrustAnchors {
        TrustAnchors::from_der(vec![self.der.clone()], vec![]).unwrap()
    }

    /// Signs `message` with this certificate's key.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.issuer.key().sign(message).unwrap()
    }

    /// Returns a signer for attestations with this certificate, followed by `others`.
    pub(crate) fn signer(&self, others: &[&Self]) -> AttestationSigner {
        let chain = std::iter::once(self).chain(others.iter().copied()).map(|member| member.der.clone());
        let key = key_pair_from_pkcs8("the attestation key", &self.issuer.key().serialize_der()).unwrap();
        AttestationSigner::new(chain.collect(), key)
    }
}

pub(crate) fn ca_params(name: &str, constraints: BasicConstraints) -> CertificateParams {
    let mut params = dated();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// Returns parameters of an attestation certificate that conforms to section 8.2.1.
pub(crate) fn leaf_params() -> CertificateParams {
    let mut params = dated();
    let name = &mut params.distinguished_name;
    name.push(DnType::CountryName, "SE");
    name.push(DnType::OrganizationName, "Test Maker");
    name.push(DnType::OrganizationalUnitName, "Authenticator Attestation");
    name.push(DnType::CommonName, "Test Batch 1");
    params.is_ca = IsCa::ExplicitNoCa;
    params.custom_extensions = vec![aaguid_extension(AAGUID)];
    params
}

pub(crate) fn aaguid_extension(aaguid: Aaguid) -> CustomExtension {
    let content = [&[0x04, 0x10], aaguid.as_bytes().as_slice()].concat();
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4], content)
}

fn dated() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2045, 1, 1);
    params
}

/// Test setup with valid registrations. Tests change single parts to make them invalid.
pub(crate) struct World {
    pub(crate) anchors: TrustAnchors,
    pub(crate) signer: AttestationSigner,
    pub(crate) key: EcdsaKeyPair,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_leaf(leaf_params())
    }

    pub(crate) fn with_leaf(params: CertificateParams) -> Self {
        let root = Authority::root("Test Root");
        Self { anchors: root.anchors(), signer: root.issue(params).signer(&[]), key: key_pair() }
    }

    pub(crate) fn expectations(&self) -> RegistrationExpectations<'_> {
        RegistrationExpectations {
            challenge: CHALLENGE.to_owned(),
            rp_id: "login.microsoft.com".to_owned(),
            origins: vec![default_origin("login.microsoft.com")],
            require_user_verification: true,
            require_device_bound: false,
            algorithms: vec![-7, -257],
            excluded: vec![vec![1; 16]],
            attestation: AttestationPolicy::RequireTrusted(&self.anchors),
            allowed_aaguids: Some(vec![AAGUID]),
            time: now(),
        }
    }

    pub(crate) fn credential(&self) -> NewCredential<'_> {
        NewCredential {
            rp_id: "login.microsoft.com",
            challenge: CHALLENGE,
            aaguid: AAGUID,
            credential_id: &CREDENTIAL_ID,
            key: &self.key,
            flags: Flags::UP.with(Flags::UV),
            sign_count: 1,
            extensions: Extensions::default().with_cred_protect(1).with_hmac_secret(true),
            attestation: Attestation::Packed(&self.signer),
        }
    }

    pub(crate) fn verify(&self, response: &RegistrationResponse) -> Result<VerifiedCredential, Error> {
        verify_registration(&self.expectations(), response)
    }
}
