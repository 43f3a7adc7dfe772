//! Error type of this crate.

/// Error of this crate.
///
/// Texts of the message (`kid`, `alg`, member names) are truncated and escaped. Plaintexts and private keys are never
/// included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input exceeds the size limit. It was not decoded.
    #[error("{what} has {actual} bytes, which exceeds the limit of {limit} bytes")]
    TooLarge {
        /// Kind of the input, such as `JWE`.
        what: &'static str,
        /// Limit in bytes.
        limit: usize,
        /// Actual size in bytes.
        actual: usize,
    },
    /// The compact serialisation has the wrong number of parts.
    #[error("{what} in compact serialisation must have {expected} parts separated by dots, but has {actual}")]
    Parts {
        /// `JWE` or `JWS`.
        what: &'static str,
        /// 5 for a JWE, 3 for a JWS.
        expected: usize,
        /// Actual number of parts.
        actual: usize,
    },
    /// The text is not base64url as specified in RFC 7515 section 2.
    #[error("{what} is not canonical base64url (RFC 4648 section 5: no padding, no line breaks, unused bits zero)")]
    Base64 {
        /// The part or member, such as `JWE tag`.
        what: &'static str,
    },
    /// A part or member does not have the length that its algorithm requires.
    #[error("{what} must be {expected} bytes long, but has {actual} bytes")]
    Length {
        /// The part or member, such as `JWE tag`.
        what: &'static str,
        /// Required length in bytes.
        expected: usize,
        /// Actual length in bytes.
        actual: usize,
    },
    /// The text is not JSON, or the JSON does not match the expected type.
    #[error("invalid JSON: {reason} at line {line} column {column}")]
    Json {
        /// Reason, without any value of the document.
        reason: String,
        /// Line of the error, from 1.
        line: usize,
        /// Column of the error, from 1.
        column: usize,
    },
    /// The outermost JSON value is not an object.
    #[error("invalid JSON: the outermost value must be an object")]
    NotAnObject,
    /// An object contains two members with the same name.
    #[error("invalid JSON: an object contains the member {member} twice")]
    DuplicateMember {
        /// Name of the member, truncated.
        member: String,
    },
    /// Objects and arrays are nested too deeply.
    #[error("invalid JSON: it is nested deeper than the limit of {limit} levels")]
    TooDeep {
        /// Maximum number of levels. A flat object has one level.
        limit: usize,
    },
    /// Another error, in a named part of a message.
    #[error("{part}: {fault}")]
    In {
        /// The part, such as `JWE header`.
        part: &'static str,
        /// Error in the part.
        fault: Box<Error>,
    },
    /// A required member is missing.
    #[error("{what} has no member `{member}`, which is required")]
    MissingMember {
        /// Object, such as `JWK`.
        what: &'static str,
        /// The member.
        member: &'static str,
    },
    /// A member has the wrong JSON type.
    #[error("the member `{member}` of {what} must be {expected}")]
    MemberType {
        /// Object, such as `JWK`.
        what: &'static str,
        /// The member.
        member: &'static str,
        /// Expected type, such as `a string`.
        expected: &'static str,
    },
    /// A header contains a member that is never accepted (`zip`, `crit`).
    #[error("the {what} contains `{member}`, which is not accepted; the sender must omit it")]
    ForbiddenMember {
        /// `JWE header` or `JWS header`.
        what: &'static str,
        /// The member.
        member: &'static str,
    },
    /// The algorithm is not on the allow-list, for example `none`.
    #[error("`{member}` {actual} is not accepted; accepted values: {accepted}")]
    Algorithm {
        /// `alg` or `enc`.
        member: &'static str,
        /// Actual algorithm, truncated.
        actual: String,
        /// Allow-list, separated by commas.
        accepted: String,
    },
    /// The message is encrypted to another key.
    #[error("the message names the key {actual}, but the expected key is {expected}")]
    WrongKid {
        /// `kid` of the decryption key, truncated.
        expected: String,
        /// `kid` of the message, truncated.
        actual: String,
    },
    /// No usable key with the message's `kid` is published.
    #[error(
        "the message names the key {kid}, which is not among the {known} known signing keys; if the published keys are \
         up to date, contact their publisher"
    )]
    UnknownKid {
        /// `kid` of the message, truncated.
        kid: String,
        /// Number of usable keys.
        known: usize,
    },
    /// The key type is not `EC`.
    #[error("the key type (`kty`) is {actual}, but only EC is supported")]
    KeyType {
        /// Actual type, truncated.
        actual: String,
    },
    /// The key is on another curve.
    #[error("the curve (`crv`) of the key is {actual}, expected {expected}")]
    Curve {
        /// Expected curve or curves.
        expected: &'static str,
        /// Actual curve, truncated.
        actual: String,
    },
    /// The coordinates are not a point of the curve, or are the point at infinity.
    #[error("`x` and `y` of the key are not a point of the curve {curve}; the key is corrupted or forged")]
    NotOnCurve {
        /// Curve that the key names.
        curve: &'static str,
    },
    /// The key is published for another purpose.
    #[error("the key {kid} is published for the purpose {actual} and cannot be used for {expected}")]
    KeyPurpose {
        /// `kid` of the key, truncated.
        kid: String,
        /// `enc` or `sig`.
        expected: &'static str,
        /// Its purpose according to `use` or `alg`, truncated.
        actual: String,
    },
    /// A published key contains its private key.
    #[error("the public key contains the private member `d`; consider the key compromised")]
    PrivateMember,
    /// Two usable keys of a set have the same `kid`.
    #[error("the key set contains two keys with the `kid` {kid}; each `kid` must be unique")]
    DuplicateKid {
        /// The `kid`, truncated.
        kid: String,
    },
    /// The private key has an invalid format, curve or range, or does not match its public key.
    #[error("the private key is invalid: expected {expected}")]
    InvalidPrivateKey {
        /// Expected format.
        expected: &'static str,
    },
    /// Decryption failed. The error does not reveal the step, because an attacker could use it as an oracle.
    #[error("decryption failed: the message was modified, truncated, or encrypted to another key")]
    Decryption,
    /// The signature does not match the message and the key.
    #[error("the signature by the key {kid} is invalid: the message was modified or signed with another key")]
    Signature {
        /// `kid` of the message, truncated.
        kid: String,
    },
    /// The cryptographic library failed in an operation that does not depend on the input.
    #[error("the cryptographic library could not {operation}; memory or entropy may be exhausted")]
    Library {
        /// Operation, such as `encrypt`.
        operation: &'static str,
    },
}

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Wraps the error with the part of the message that it concerns.
    pub(crate) fn within(self, part: &'static str) -> Self {
        Self::In { part, fault: Box::new(self) }
    }
}

/// Returns an untrusted text for use in an error: quoted, escaped and truncated to 80 characters.
pub(crate) fn shown(text: &str) -> String {
    const LIMIT: usize = 80;
    match text.char_indices().nth(LIMIT) {
        None => format!("{text:?}"),
        Some((cut, _)) => format!("{:?}…", &text[..cut]),
    }
}
