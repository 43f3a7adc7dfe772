//! Error types of this crate.

use chrono::{DateTime, Utc};

use crate::{Aaguid, Algorithm};

/// Reason for rejecting a registration, an assertion or a part of one. Contains no secrets; identifiers and challenges
/// are public values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value is not base64url without padding (RFC 4648 section 5).
    #[error("{what} is not base64url without padding: {reason}")]
    Base64 {
        /// The value.
        what: &'static str,
        /// Reason from the decoder.
        reason: String,
    },
    /// A value exceeds the size limit.
    #[error("{what} has {length} bytes, which exceeds the limit of {limit} bytes")]
    TooLarge {
        /// The value.
        what: &'static str,
        /// Size in bytes.
        length: usize,
        /// Limit in bytes.
        limit: usize,
    },
    /// The CBOR is malformed, nested too deeply, or has a duplicate key or trailing bytes.
    #[error("{what} is not valid CBOR: {reason}")]
    Cbor {
        /// The value.
        what: &'static str,
        /// Reason.
        reason: String,
    },
    /// The CBOR or binary data does not conform to the specification.
    #[error("invalid {what}: {reason}")]
    Format {
        /// The value.
        what: &'static str,
        /// What was expected and what was received.
        reason: String,
    },
    /// The client data is not the JSON of section 5.8.1.
    #[error("clientDataJSON does not conform to WebAuthn section 5.8.1: {reason}")]
    ClientDataFormat {
        /// Reason from the parser.
        reason: String,
    },
    /// The response's member `type` is not `public-key`.
    #[error("the credential type is {found:?}, expected \"public-key\"")]
    CredentialType {
        /// Received value.
        found: String,
    },
    /// The client data belongs to another ceremony (7.1 step 7, 7.2 step 10).
    #[error("the client data type is {found:?}, expected {expected:?}: the response belongs to another ceremony")]
    ClientDataType {
        /// Type of the ceremony.
        expected: &'static str,
        /// Received value.
        found: String,
    },
    /// The challenge is not the issued one (7.1 step 8, 7.2 step 11). The values are not shown, because a challenge can
    /// have thousands of characters.
    #[error(
        "the challenge in the client data ({found_length} characters) is not the issued one ({expected_length} \
         characters): the response belongs to another request"
    )]
    Challenge {
        /// Length of the issued challenge, in characters.
        expected_length: usize,
        /// Length of the received challenge, in characters.
        found_length: usize,
    },
    /// The origin is not accepted (7.1 step 9, 7.2 step 12).
    #[error(
        "the origin is {found:?}, expected one of {expected:?}: the response is for another site, or the list of \
         origins is wrong"
    )]
    Origin {
        /// Accepted origins.
        expected: Vec<String>,
        /// Received value.
        found: String,
    },
    /// The ceremony ran in a frame of another origin (7.1 steps 10 and 11, 7.2 steps 13 and 14).
    #[error("the ceremony ran in a frame of another origin (crossOrigin or topOrigin is set), which is not allowed")]
    CrossOrigin,
    /// The response is for another relying party (7.1 step 14, 7.2 step 15).
    #[error("the RP id hash is not the SHA-256 of {rp_id:?}: the response is for another relying party")]
    RpIdHash {
        /// Expected relying party id.
        rp_id: String,
    },
    /// The UP flag is missing (7.1 step 15, 7.2 step 16).
    #[error("the authenticator did not check user presence (flag UP is 0)")]
    UserNotPresent,
    /// The UV flag is missing although user verification is required (7.1 step 16, 7.2 step 17).
    #[error("user verification is required, but the authenticator did not verify the user (flag UV is 0)")]
    UserNotVerified,
    /// The BS flag is set without BE (7.1 step 17, 7.2 step 18).
    #[error(
        "the flags state that the credential is backed up (BS) but not eligible for backup (BE): the authenticator is \
         faulty"
    )]
    BackupState,
    /// The BE flag is set although the credential must be bound to its device (7.1 step 18).
    #[error(
        "the credential may be backed up (flag BE is 1), but the key of a security key must never leave it: the \
         credential is not on a security key"
    )]
    NotDeviceBound,
    /// The BE flag differs from its value at registration (7.2 step 19).
    #[error(
        "backup eligibility (BE) is {found}, but was {stored} at registration: this is not the registered credential"
    )]
    BackupEligibility {
        /// Value at registration.
        stored: bool,
        /// Value in the assertion.
        found: bool,
    },
    /// The AT flag is missing at registration (section 6.1).
    #[error("the authenticator data contains no credential (flag AT is 0)")]
    NoCredential,
    /// The credential's algorithm was not requested (7.1 step 20).
    #[error("the credential's algorithm is {found}, but only {requested:?} were requested")]
    AlgorithmNotRequested {
        /// Algorithm of the credential.
        found: Algorithm,
        /// COSE identifiers of the requested algorithms.
        requested: Vec<i64>,
    },
    /// The algorithm is not supported.
    #[error("{what} uses the COSE algorithm {algorithm}; supported: -7 (ES256), -35 (ES384), -8 (EdDSA), -257 (RS256)")]
    AlgorithmUnsupported {
        /// What uses the algorithm.
        what: &'static str,
        /// COSE identifier.
        algorithm: i64,
    },
    /// The public key is invalid.
    #[error("the COSE key is not a valid {algorithm} public key: {reason}")]
    PublicKey {
        /// Algorithm that the key names.
        algorithm: Algorithm,
        /// Reason.
        reason: &'static str,
    },
    /// The credential id does not have 1 to 1023 bytes (7.1 step 25).
    #[error("the credential id has {length} bytes, expected 1 to 1023")]
    CredentialIdLength {
        /// Length in bytes.
        length: usize,
    },
    /// `id`, `rawId` and the id in the authenticator data or of the registered credential differ.
    #[error("credential id mismatch: {what}")]
    CredentialId {
        /// The two values that differ.
        what: &'static str,
    },
    /// The credential is on the exclude list (7.1 step 26).
    #[error("the credential is on the exclude list: it is already registered for this user")]
    CredentialExcluded,
    /// The attestation statement format is not supported (7.1 step 21).
    #[error("the attestation format {format:?} is not supported; expected packed, fido-u2f or none")]
    AttestationFormat {
        /// Received format, truncated to 32 characters.
        format: String,
    },
    /// The attestation signature is invalid (7.1 step 22).
    #[error(
        "the {format} attestation signature is invalid: the authenticator data, the client data or the certificate was \
         modified"
    )]
    AttestationSignature {
        /// Format of the statement.
        format: &'static str,
    },
    /// A certificate is invalid.
    #[error("certificate {subject:?}: {fault}")]
    Certificate {
        /// Subject of the certificate, as text.
        subject: String,
        /// Violated rule.
        fault: CertificateFault,
    },
    /// No path from the attestation certificate to a root (7.1 step 24).
    #[error(
        "the attestation certificate {subject:?} (issued by {issuer:?}) does not chain to any of the {roots} \
         configured roots: {reason}; to accept this model, add the vendor's root"
    )]
    Untrusted {
        /// Subject of the attestation certificate.
        subject: String,
        /// Issuer of the attestation certificate.
        issuer: String,
        /// Number of configured roots.
        roots: usize,
        /// Fault that ended the longest path.
        reason: String,
    },
    /// Attestation by a certificate is required but missing (7.1 step 24).
    #[error("attestation by a certificate is required, but the credential has {found}")]
    Unattested {
        /// `no attestation` or `self attestation`.
        found: &'static str,
    },
    /// The model is not allowed.
    #[error(
        "the AAGUID {found} is not among the {allowed} allowed models: the key is of another model than ordered, or \
         the list is incomplete"
    )]
    AaguidNotAllowed {
        /// Model of the credential.
        found: Aaguid,
        /// Number of allowed models.
        allowed: usize,
    },
    /// The assertion signature is invalid (7.2 step 21).
    #[error("the assertion signature is invalid for the registered public key")]
    AssertionSignature,
    /// The assertion is for another user (7.2 step 6).
    #[error("the user handle in the assertion does not belong to the credential's owner")]
    UserHandle,
    /// The trust anchors are invalid.
    #[error("invalid trust anchors: {reason}")]
    TrustAnchors {
        /// Reason, with the certificate.
        reason: String,
    },
    /// The FIDO metadata BLOB is invalid.
    #[error("invalid FIDO metadata: {reason}")]
    Metadata {
        /// Reason.
        reason: String,
    },
    /// A key of the builder cannot sign.
    #[error("{what}: {reason}")]
    SigningKey {
        /// The key.
        what: &'static str,
        /// Expected kind of key, or the failure.
        reason: &'static str,
    },
}

/// Rule that a certificate violates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// The certificate is not X.509 in DER.
    #[error("is not a valid DER certificate: {0}")]
    Malformed(String),
    /// The version must be 3 (section 8.2.1).
    #[error("must have X.509 version 3")]
    Version,
    /// The subject does not conform to section 8.2.1.
    #[error("the subject's {attribute} is missing or invalid, expected {expected}")]
    Subject {
        /// The attribute.
        attribute: &'static str,
        /// Requirement of WebAuthn.
        expected: &'static str,
    },
    /// An attestation certificate must have basic constraints with CA false (section 8.2.1).
    #[error("an attestation certificate must have basic constraints with CA false")]
    LeafIsCa,
    /// The AAGUID extension 1.3.6.1.4.1.45724.1.1.4 must not be critical (section 8.2.1).
    #[error("the AAGUID extension 1.3.6.1.4.1.45724.1.1.4 must not be critical")]
    AaguidCritical,
    /// The AAGUID extension 1.3.6.1.4.1.45724.1.1.4 must be an OCTET STRING of 16 bytes.
    #[error("the AAGUID extension 1.3.6.1.4.1.45724.1.1.4 must contain 16 bytes")]
    AaguidMalformed,
    /// The AAGUID extension is missing. It is required because one root serves several models (section 8.2.1).
    #[error("has no AAGUID extension 1.3.6.1.4.1.45724.1.1.4, so the model is not proven")]
    AaguidMissing,
    /// Certificate and authenticator data name different models (section 8.2).
    #[error("is for the model {certificate}, but the authenticator data contains {authenticator}")]
    AaguidMismatch {
        /// Model in the certificate.
        certificate: Aaguid,
        /// Model in the authenticator data.
        authenticator: Aaguid,
    },
    /// The public key is of the wrong kind.
    #[error("has the wrong kind of public key, expected {expected}")]
    PublicKey {
        /// Expected kind.
        expected: &'static str,
    },
    /// The certificate is expired or not yet valid.
    #[error("is valid from {not_before} to {not_after}, but not at {at}")]
    Validity {
        /// Start of the validity.
        not_before: DateTime<Utc>,
        /// End of the validity.
        not_after: DateTime<Utc>,
        /// Time of the check.
        at: DateTime<Utc>,
    },
    /// An issuer must be a CA (RFC 5280 section 4.2.1.9).
    #[error("is not a CA (basic constraints), so it cannot issue certificates")]
    NotCa,
    /// An issuer must be allowed to sign certificates (RFC 5280 section 4.2.1.3).
    #[error("has a key usage without keyCertSign, so it cannot issue certificates")]
    KeyUsage,
    /// The path has more intermediates than the issuer allows (RFC 5280 section 4.2.1.9).
    #[error("allows {allowed} intermediates below it, but there are {found}")]
    PathLength {
        /// Path length constraint.
        allowed: u32,
        /// Number of intermediates below it in this path.
        found: u32,
    },
    /// A critical extension is unknown (RFC 5280 section 4.2).
    #[error("has the unknown critical extension {oid}")]
    CriticalExtension {
        /// Dotted object identifier.
        oid: String,
    },
    /// An extension limits what the certificate and those below it are valid for, and is not processed (RFC 5280
    /// section 4.2).
    #[error("has the restricting extension {oid}, which Keyferry does not process")]
    Restriction {
        /// Dotted object identifier, for example `2.5.29.30` for name constraints.
        oid: String,
    },
    /// An extension is duplicate (RFC 5280 section 4.2).
    #[error("contains an extension twice")]
    DuplicateExtension,
    /// The signature algorithm is not supported.
    #[error("is signed with the algorithm {oid}, expected RSA PKCS #1 or ECDSA with SHA-256, SHA-384 or SHA-512")]
    SignatureAlgorithm {
        /// Dotted object identifier.
        oid: String,
    },
    /// The signature was not made with the issuer's key.
    #[error("its signature is not by {issuer:?}")]
    Signature {
        /// Subject of the issuer.
        issuer: String,
    },
}
