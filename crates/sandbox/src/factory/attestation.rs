//! Attestation test root, and one attestation certificate for each model.
//!
//! All keys of a model share the certificate ("batch" attestation, WebAuthn level 3 section 8.2.1).

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use keyferry_webauthn::builder::{AttestationSigner, key_pair_from_pkcs8};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use uuid::Uuid;

use super::authenticators::AUTHENTICATORS;
use crate::error::Error;

/// Name of the test root. Production systems must not trust it.
const ROOT_NAME: &str = "Keyferry Sandbox Test Root – not for production";
/// id-fido-gen-ce-aaguid (WebAuthn level 3 section 8.2.1).
const AAGUID_EXTENSION: [u64; 10] = [1, 3, 6, 1, 4, 1, 45724, 1, 1, 4];

/// Attestation signers of all models.
pub(crate) struct Attestation {
    root_der: Vec<u8>,
    root_pem: String,
    batches: Vec<Batch>,
}

/// The attestation key and certificate of one model.
pub(crate) struct Batch {
    aaguid: Uuid,
    signer: AttestationSigner,
    /// The same certificate with the key of another one, for invalid signatures.
    forger: AttestationSigner,
}

impl Attestation {
    /// Generates a test root, and certificates for all models.
    pub(crate) fn new() -> Result<Self, Error> {
        let failed = |error: rcgen::Error| Error::key_material("attestation root", error);
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, ROOT_NAME);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let root = CertifiedIssuer::self_signed(params, key).map_err(failed)?;
        let batches = AUTHENTICATORS.iter().map(|one| Batch::issue(one.aaguid, &root));
        Ok(Self { batches: batches.collect::<Result<_, _>>()?, root_der: root.der().to_vec(), root_pem: root.pem() })
    }

    /// Returns the signer of a model, or `None` for an unknown model.
    pub(crate) fn signer(&self, aaguid: Uuid) -> Option<&AttestationSigner> {
        self.batches.iter().find(|batch| batch.aaguid == aaguid).map(|batch| &batch.signer)
    }

    /// Returns a signer whose signatures do not match the model's certificate.
    pub(super) fn forger(&self, aaguid: Uuid) -> Option<&AttestationSigner> {
        self.batches.iter().find(|batch| batch.aaguid == aaguid).map(|batch| &batch.forger)
    }

    pub(super) fn root_der(&self) -> Vec<u8> {
        self.root_der.clone()
    }

    pub(super) fn root_pem(&self) -> String {
        self.root_pem.clone()
    }
}

impl Batch {
    fn issue(aaguid: Uuid, root: &CertifiedIssuer<'_, KeyPair>) -> Result<Self, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::key_material("attestation certificate", error);
        let (certificate, key) = certify(aaguid, root).map_err(|error| failed(&error))?;
        let key = key_pair_from_pkcs8("the attestation key", &key.serialize_der()).map_err(|error| failed(&error))?;
        let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|error| failed(&error))?;
        Ok(Self {
            aaguid,
            signer: AttestationSigner::new(vec![certificate.clone()], key),
            forger: AttestationSigner::new(vec![certificate], other),
        })
    }
}

/// Issues an attestation certificate. Returns it in DER, with its key.
fn certify(aaguid: Uuid, root: &CertifiedIssuer<'_, KeyPair>) -> Result<(Vec<u8>, KeyPair), rcgen::Error> {
    let mut params = CertificateParams::default();
    // The default name has a common name, which would come first.
    params.distinguished_name = DistinguishedName::new();
    let name = &mut params.distinguished_name;
    name.push(DnType::CountryName, "SE");
    name.push(DnType::OrganizationName, "Keyferry Sandbox");
    name.push(DnType::OrganizationalUnitName, "Authenticator Attestation");
    name.push(DnType::CommonName, format!("Keyferry Sandbox Attestation {aaguid}"));
    params.is_ca = IsCa::ExplicitNoCa;
    // WebAuthn level 3 section 8.2.1: the value is the AAGUID in an OCTET STRING, and the extension is not critical.
    let value = [&[0x04, 0x10], aaguid.as_bytes().as_slice()].concat();
    params.custom_extensions = vec![CustomExtension::from_oid_content(&AAGUID_EXTENSION, value)];
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = params.signed_by(&key, root)?;
    Ok((certificate.der().to_vec(), key))
}

impl std::fmt::Debug for Attestation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Attestation").finish_non_exhaustive()
    }
}
