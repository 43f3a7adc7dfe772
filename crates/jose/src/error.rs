//! The one error of this crate.

/// What went wrong. Texts from outside (a `kid`, an `alg`, a member name) appear shortened and escaped; plaintexts and
/// private keys never do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Longer than the receiver looks at; nothing was decoded.
    #[error("{what} of {actual} bytes is larger than the limit of {limit} bytes; it was not read")]
    TooLarge {
        /// What was too large, such as `JWE`.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
        /// The size that came, in bytes.
        actual: usize,
    },
    /// Not the number of parts of a compact serialisation.
    #[error("{what} in compact serialisation has {expected} parts with a dot between them, this one has {actual}")]
    Parts {
        /// `JWE` or `JWS`.
        what: &'static str,
        /// 5 for a JWE, 3 for a JWS.
        expected: usize,
        /// The number of parts that came.
        actual: usize,
    },
    /// Not base64url as RFC 7515 section 2 has it.
    #[error("{what} is not canonical base64url (RFC 4648 section 5, no padding, no stray bits, no line breaks)")]
    Base64 {
        /// The part or member, such as `JWE tag`.
        what: &'static str,
    },
    /// A part or member of another length than its algorithm prescribes.
    #[error("{what} must be {expected} bytes long, it is {actual}")]
    Length {
        /// The part or member, such as `JWE tag`.
        what: &'static str,
        /// The prescribed length in bytes.
        expected: usize,
        /// The length that came, in bytes.
        actual: usize,
    },
    /// Not JSON, or JSON of another shape than the reader expects.
    #[error("JSON is not as expected: {reason} at line {line} column {column}")]
    Json {
        /// What is wrong, without any value of the document.
        reason: String,
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1.
        column: usize,
    },
    /// The outermost JSON value is not an object.
    #[error("JSON is not as expected: the outermost value must be an object")]
    NotAnObject,
    /// The same member name twice in one object.
    #[error("JSON names the member {member} twice in one object; each may stand once")]
    DuplicateMember {
        /// The name, shortened.
        member: String,
    },
    /// Objects and arrays nested too deeply.
    #[error("JSON is nested deeper than the {limit} levels that are allowed")]
    TooDeep {
        /// Levels allowed; a flat object is one level.
        limit: usize,
    },
    /// One of the other errors, in a named part of a message.
    #[error("{part}: {fault}")]
    In {
        /// The part, such as `JWE header`.
        part: &'static str,
        /// What is wrong with it.
        fault: Box<Error>,
    },
    /// A required member is absent.
    #[error("{what} has no member `{member}`, which is required")]
    MissingMember {
        /// The object, such as `JWK`.
        what: &'static str,
        /// The member.
        member: &'static str,
    },
    /// A member of another JSON type than prescribed.
    #[error("the member `{member}` of {what} must be {expected}")]
    MemberType {
        /// The object, such as `JWK`.
        what: &'static str,
        /// The member.
        member: &'static str,
        /// The type that is expected, such as `a string`.
        expected: &'static str,
    },
    /// A member that this receiver does not take part in (`zip`, `crit`).
    #[error("the {what} carries `{member}`, which is not accepted here; the sender must leave it out")]
    ForbiddenMember {
        /// `JWE header` or `JWS header`.
        what: &'static str,
        /// The member.
        member: &'static str,
    },
    /// An algorithm that is not on the allow-list, `none` included.
    #[error("`{member}` {actual} is not accepted here; accepted: {accepted}")]
    Algorithm {
        /// `alg` or `enc`.
        member: &'static str,
        /// The algorithm that came, shortened.
        actual: String,
        /// The allow-list, separated by commas.
        accepted: String,
    },
    /// The message is for another key.
    #[error("the message names the key {actual}, but the key that was to open it is {expected}")]
    WrongKid {
        /// `kid` of our key, shortened.
        expected: String,
        /// `kid` of the message, shortened.
        actual: String,
    },
    /// No usable key of that name is published.
    #[error(
        "the message names the key {kid}, which is not among the {known} signing keys that are known; fetch the published keys again, then ask their owner"
    )]
    UnknownKid {
        /// `kid` of the message, shortened.
        kid: String,
        /// How many usable keys there are.
        known: usize,
    },
    /// The key type is not `EC`.
    #[error("a key of type (`kty`) {actual} came, only EC is supported")]
    KeyType {
        /// The type that came, shortened.
        actual: String,
    },
    /// The key is on another curve.
    #[error("a key on the curve (`crv`) {actual} came, expected {expected}")]
    Curve {
        /// The curve or curves expected.
        expected: &'static str,
        /// The curve that came, shortened.
        actual: String,
    },
    /// The coordinates are no point of the curve, or the point at infinity.
    #[error("`x` and `y` of the key are not a point of the curve {curve}; the key is damaged or forged")]
    NotOnCurve {
        /// The curve that the key claims.
        curve: &'static str,
    },
    /// The key is published for another purpose.
    #[error("the key {kid} is published for the purpose {actual}, it cannot be used for {expected}")]
    KeyPurpose {
        /// `kid` of the key, shortened.
        kid: String,
        /// `enc` or `sig`.
        expected: &'static str,
        /// What its `use` or `alg` says, shortened.
        actual: String,
    },
    /// A public key came with its private half.
    #[error("a key that should be public carries the private member `d`; it must be considered compromised")]
    PrivateMember,
    /// Two usable keys of a set have the same name.
    #[error("the key set holds two keys with the `kid` {kid}; names must be unique")]
    DuplicateKid {
        /// The name, shortened.
        kid: String,
    },
    /// The private key cannot be read: wrong format, curve or range, or its two halves do not belong together.
    #[error("the private key is unusable: expected {expected}")]
    InvalidPrivateKey {
        /// The format that is expected.
        expected: &'static str,
    },
    /// Decryption failed. Which step is not told, since an attacker could learn from it.
    #[error("decryption failed: the message was altered, cut, or made for another key")]
    Decryption,
    /// The signature does not fit the message and the key.
    #[error("the signature by the key {kid} is not valid: the message was altered or signed by another key")]
    Signature {
        /// `kid` of the message, shortened.
        kid: String,
    },
    /// The cryptographic library gave up on something that has no business failing.
    #[error("the cryptographic library could not {operation}; out of memory or entropy?")]
    Library {
        /// The operation.
        operation: &'static str,
    },
}

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The error, said of a part of a message.
    pub(crate) fn within(self, part: &'static str) -> Self {
        Self::In { part, fault: Box::new(self) }
    }
}

/// A text from outside, in quotes, escaped and cut to 80 characters, so that it may stand in an error.
pub(crate) fn shown(text: &str) -> String {
    const LIMIT: usize = 80;
    match text.char_indices().nth(LIMIT) {
        None => format!("{text:?}"),
        Some((cut, _)) => format!("{:?}…", &text[..cut]),
    }
}
