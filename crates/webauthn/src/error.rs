//! Why something was refused.

use chrono::{DateTime, Utc};

use crate::{Aaguid, Algorithm};

/// Why a ceremony's piece was refused. No variant carries a secret; identifiers and challenges are public values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A member that must be base64url (RFC 4648 section 5, no padding) is not.
    #[error("{what}: expected base64url without padding: {reason}")]
    Base64 {
        /// Which value.
        what: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// Something is larger than this crate reads.
    #[error("{what} has {length} bytes, at most {limit} are read; an honest authenticator stays far below")]
    TooLarge {
        /// Which value.
        what: &'static str,
        /// Its size in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// CBOR that is malformed, too deep, has a duplicate key or trailing bytes.
    #[error("{what} is not well-formed CBOR: {reason}")]
    Cbor {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Well-formed CBOR or binary that is not what the specification prescribes.
    #[error("{what}: {reason}")]
    Format {
        /// Which value.
        what: &'static str,
        /// What was expected and what came.
        reason: String,
    },
    /// The client data is not the JSON of section 5.8.1.
    #[error("clientDataJSON is not the JSON object of WebAuthn section 5.8.1: {reason}")]
    ClientDataFormat {
        /// What the parser said.
        reason: String,
    },
    /// The response's `type` member.
    #[error("the credential's type is {found:?}, expected \"public-key\"")]
    CredentialType {
        /// What came.
        found: String,
    },
    /// Client data of another ceremony (7.1 step 7, 7.2 step 10).
    #[error("client data type is {found:?}, expected {expected:?}: the response belongs to another ceremony")]
    ClientDataType {
        /// What the ceremony demands.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// Another challenge (7.1 step 8, 7.2 step 11). The values are not shown: a challenge may be thousands of characters.
    #[error(
        "the challenge in the client data ({found_length} characters) is not the one that was issued \
         ({expected_length} characters): the response answers another request"
    )]
    Challenge {
        /// Characters of the issued challenge.
        expected_length: usize,
        /// Characters of what came.
        found_length: usize,
    },
    /// Another origin (7.1 step 9, 7.2 step 12).
    #[error(
        "origin is {found:?}, expected one of {expected:?}: made for another site, or the list of origins is wrong"
    )]
    Origin {
        /// The origins that are taken.
        expected: Vec<String>,
        /// What came.
        found: String,
    },
    /// The ceremony ran in a frame of another origin (7.1 steps 10 and 11, 7.2 steps 13 and 14).
    #[error(
        "the ceremony ran inside a page of another origin (crossOrigin or topOrigin is set), which is never expected"
    )]
    CrossOrigin,
    /// Made for another relying party (7.1 step 14, 7.2 step 15).
    #[error("the RP id hash is not SHA-256 of {rp_id:?}: the credential was made for another relying party")]
    RpIdHash {
        /// The relying party id that was expected.
        rp_id: String,
    },
    /// The UP flag is missing (7.1 step 15, 7.2 step 16).
    #[error("the authenticator did not test that a user was present (flag UP is 0)")]
    UserNotPresent,
    /// The UV flag is missing although it was required (7.1 step 16, 7.2 step 17).
    #[error("user verification was required and the authenticator did none (flag UV is 0)")]
    UserNotVerified,
    /// BS without BE (7.1 step 17, 7.2 step 18).
    #[error(
        "the flags say that the credential is backed up (BS) but cannot be backed up (BE): the authenticator is faulty"
    )]
    BackupState,
    /// BE differs from what it was at registration (7.2 step 19).
    #[error(
        "backup eligibility is {found}, at registration it was {stored}: this is not the credential that was registered"
    )]
    BackupEligibility {
        /// As registered.
        stored: bool,
        /// As asserted.
        found: bool,
    },
    /// The AT flag is missing at registration (section 6.1).
    #[error("the authenticator data holds no credential (flag AT is 0)")]
    NoCredential,
    /// A credential for an algorithm that was not asked for (7.1 step 20).
    #[error("the credential's algorithm is {found}, requested were {requested:?}")]
    AlgorithmNotRequested {
        /// The credential's.
        found: Algorithm,
        /// COSE identifiers of what was asked for.
        requested: Vec<i64>,
    },
    /// An algorithm that this crate cannot verify.
    #[error("{what} uses COSE algorithm {algorithm}, supported are -7 (ES256), -35 (ES384), -8 (EdDSA), -257 (RS256)")]
    AlgorithmUnsupported {
        /// What uses it.
        what: &'static str,
        /// COSE identifier.
        algorithm: i64,
    },
    /// A public key that breaks the rules of its kind.
    #[error("the COSE key is not a valid {algorithm} public key: {reason}")]
    PublicKey {
        /// The algorithm it claims.
        algorithm: Algorithm,
        /// What is wrong.
        reason: &'static str,
    },
    /// A credential id outside 1 to 1023 bytes (7.1 step 25).
    #[error("the credential id has {length} bytes, expected 1 to 1023")]
    CredentialIdLength {
        /// Its length.
        length: usize,
    },
    /// `id`, `rawId` and the id in the authenticator data differ, or the id is not one of those asked for.
    #[error("{what}: the response names another credential than the one it proves")]
    CredentialId {
        /// Which two values differ.
        what: &'static str,
    },
    /// The credential is on the exclude list or registered already (7.1 step 26).
    #[error("the credential is on the exclude list: it is registered for this user already")]
    CredentialExcluded,
    /// A format of attestation statement that this crate does not know (7.1 step 21).
    #[error("attestation format {format:?} is not supported, expected packed, fido-u2f or none")]
    AttestationFormat {
        /// What came, cut to 32 characters.
        format: String,
    },
    /// The attestation signature does not verify (7.1 step 22).
    #[error(
        "the {format} attestation signature does not verify: authenticator data, client data or certificate were altered"
    )]
    AttestationSignature {
        /// The statement's format.
        format: &'static str,
    },
    /// A certificate breaks a rule.
    #[error("certificate {subject:?}: {fault}")]
    Certificate {
        /// The certificate's subject, as text.
        subject: String,
        /// The rule.
        fault: CertificateFault,
    },
    /// No path from the attestation certificate to a root (7.1 step 24).
    #[error(
        "the attestation certificate {subject:?} (issued by {issuer:?}) leads to none of the {roots} configured roots: \
         {reason}; add the vendor's root if this model is wanted"
    )]
    Untrusted {
        /// Subject of the attestation certificate.
        subject: String,
        /// Its issuer.
        issuer: String,
        /// How many roots are configured.
        roots: usize,
        /// The fault that ended the longest try.
        reason: String,
    },
    /// An attestation by certificate was demanded and there was none (7.1 step 24).
    #[error("attestation by a certificate is required, the credential came with {found}")]
    Unattested {
        /// `none` or `self`.
        found: &'static str,
    },
    /// The model is not on the list.
    #[error(
        "AAGUID {found} is not among the {allowed} allowed models: another key than the ordered one, or the list lacks it"
    )]
    AaguidNotAllowed {
        /// The credential's model.
        found: Aaguid,
        /// How many models are allowed.
        allowed: usize,
    },
    /// The assertion's signature does not verify (7.2 step 21).
    #[error("the assertion's signature does not verify with the registered public key")]
    AssertionSignature,
    /// The assertion is for another user (7.2 step 6).
    #[error("the user handle in the assertion is not that of the credential's owner")]
    UserHandle,
    /// Trust anchors that cannot be read.
    #[error("trust anchors: {reason}")]
    TrustAnchors {
        /// What is wrong, and with which certificate.
        reason: String,
    },
    /// A key that cannot sign for the builder.
    #[error("{what}: {reason}")]
    SigningKey {
        /// Which key.
        what: &'static str,
        /// What was expected.
        reason: &'static str,
    },
}

/// The rule that a certificate breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// Not DER of an X.509 certificate.
    #[error("is not a DER certificate: {0}")]
    Malformed(String),
    /// Section 8.2.1: version 3.
    #[error("must be X.509 version 3")]
    Version,
    /// Section 8.2.1: the subject.
    #[error("the subject's {attribute} is missing or wrong, expected {expected}")]
    Subject {
        /// Which attribute.
        attribute: &'static str,
        /// What WebAuthn demands.
        expected: &'static str,
    },
    /// Section 8.2.1: an attestation certificate must say that it is no CA.
    #[error("an attestation certificate must carry basic constraints with CA false")]
    LeafIsCa,
    /// Section 8.2.1: extension 1.3.6.1.4.1.45724.1.1.4 is critical.
    #[error("the AAGUID extension 1.3.6.1.4.1.45724.1.1.4 must not be critical")]
    AaguidCritical,
    /// Extension 1.3.6.1.4.1.45724.1.1.4 is not an OCTET STRING of 16 bytes.
    #[error("the AAGUID extension 1.3.6.1.4.1.45724.1.1.4 must hold 16 bytes")]
    AaguidMalformed,
    /// Section 8.2.1: needed where one root serves several models.
    #[error("has no AAGUID extension 1.3.6.1.4.1.45724.1.1.4, without which the model is not proven")]
    AaguidMissing,
    /// Section 8.2: certificate and authenticator data name different models.
    #[error("is for model {certificate}, the authenticator data say {authenticator}")]
    AaguidMismatch {
        /// In the certificate.
        certificate: Aaguid,
        /// In the authenticator data.
        authenticator: Aaguid,
    },
    /// The public key is of a kind that is not allowed here.
    #[error("public key: expected {expected}")]
    PublicKey {
        /// What is allowed.
        expected: &'static str,
    },
    /// Outside its validity.
    #[error("is valid from {not_before} to {not_after}, not at {at}")]
    Validity {
        /// First instant.
        not_before: DateTime<Utc>,
        /// Last instant.
        not_after: DateTime<Utc>,
        /// When it was looked at.
        at: DateTime<Utc>,
    },
    /// RFC 5280 section 4.2.1.9: an issuer must be a CA.
    #[error("issued a certificate without being a CA (basic constraints)")]
    NotCa,
    /// RFC 5280 section 4.2.1.3: an issuer must be allowed to sign certificates.
    #[error("issued a certificate although its key usage lacks keyCertSign")]
    KeyUsage,
    /// RFC 5280 section 4.2.1.9.
    #[error("allows {allowed} intermediates below it, there are {found}")]
    PathLength {
        /// Its path length constraint.
        allowed: u32,
        /// Intermediates below it in this path.
        found: u32,
    },
    /// RFC 5280 section 4.2: a critical extension that is not understood.
    #[error("has the critical extension {oid}, which is not understood")]
    CriticalExtension {
        /// Dotted object identifier.
        oid: String,
    },
    /// The same extension twice (RFC 5280 section 4.2).
    #[error("has an extension twice")]
    DuplicateExtension,
    /// A signature algorithm that is not taken.
    #[error("is signed with {oid}, expected RSA PKCS #1 or ECDSA with SHA-256, SHA-384 or SHA-512")]
    SignatureAlgorithm {
        /// Dotted object identifier.
        oid: String,
    },
    /// The issuer's key did not make the signature.
    #[error("its signature is not by {issuer:?}")]
    Signature {
        /// The issuer tried.
        issuer: String,
    },
}
