//! The test root of attestation, and one attestation certificate for each model, shared by all its keys (WebAuthn level
//! 3 section 8.2.1, "batch" attestation).

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use uuid::Uuid;

use crate::delivery::catalogue::AUTHENTICATORS;
use crate::error::Error;

/// Name of the root. Whoever meets it outside a sandbox must not trust it.
const ROOT_NAME: &str = "Keyferry Sandbox Test Root – not for production";
/// id-fido-gen-ce-aaguid (WebAuthn level 3 section 8.2.1).
const AAGUID_EXTENSION: [u64; 10] = [1, 3, 6, 1, 4, 1, 45724, 1, 1, 4];

/// What signs attestations.
pub(crate) struct Attestation {
    root_der: Vec<u8>,
    root_pem: String,
    batches: Vec<Batch>,
}

/// The attestation key and certificate of one model.
pub(crate) struct Batch {
    pub(crate) aaguid: Uuid,
    /// X.509, DER.
    pub(crate) certificate: Vec<u8>,
    /// EC P-256, PKCS #8, DER.
    pub(crate) key: Vec<u8>,
}

impl Attestation {
    /// A new root, and certificates for all models.
    pub(crate) fn new() -> Result<Self, Error> {
        let failed = |error| Error::key_material("root of attestation", error);
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, ROOT_NAME);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let root = CertifiedIssuer::self_signed(params, key).map_err(failed)?;
        let batches = AUTHENTICATORS.iter().map(|one| Batch::issue(one.aaguid, &root));
        Ok(Self {
            batches: batches.collect::<Result<_, _>>().map_err(failed)?,
            root_der: root.der().to_vec(),
            root_pem: root.pem(),
        })
    }

    /// The batch of a model; none for one that the factory does not know.
    pub(crate) fn batch(&self, aaguid: Uuid) -> Option<&Batch> {
        self.batches.iter().find(|batch| batch.aaguid == aaguid)
    }

    pub(super) fn root_der(&self) -> Vec<u8> {
        self.root_der.clone()
    }

    pub(super) fn root_pem(&self) -> String {
        self.root_pem.clone()
    }
}

impl Batch {
    fn issue(aaguid: Uuid, root: &CertifiedIssuer<'_, KeyPair>) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        let name = &mut params.distinguished_name;
        name.push(DnType::CountryName, "SE");
        name.push(DnType::OrganizationName, "Keyferry Sandbox");
        name.push(DnType::OrganizationalUnitName, "Authenticator Attestation");
        name.push(DnType::CommonName, format!("Keyferry Sandbox Attestation {aaguid}"));
        params.is_ca = IsCa::ExplicitNoCa;
        // The extension's value is the AAGUID in an OCTET STRING, and must not be critical.
        let value = [&[0x04, 0x10], aaguid.as_bytes().as_slice()].concat();
        params.custom_extensions = vec![CustomExtension::from_oid_content(&AAGUID_EXTENSION, value)];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, root)?;
        Ok(Self { aaguid, certificate: certificate.der().to_vec(), key: key.serialize_der() })
    }
}

impl std::fmt::Debug for Attestation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Attestation").finish_non_exhaustive()
    }
}
