//! Reasons for rejecting a response.

use keyferry_jose::Error as JoseError;

/// Reason for rejecting a response, for operators. Never contains a plaintext.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Rejection {
    /// Stable code of the reason.
    pub code: RejectionCode,
    /// What was expected and what was received.
    pub reason: String,
}

impl Rejection {
    /// Creates a refusal.
    pub fn new(code: RejectionCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// Codes of the reasons, in the order in which they are checked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum RejectionCode {
            $($(#[$doc])* $name,)*
        }

        impl RejectionCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Returns the code as used in a `Failure`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// The response exceeds 128 KiB. It was not decoded.
    EnvelopeTooLarge => "envelope-too-large",
    /// The response is not a JWE in compact serialisation, or its header lacks a required member.
    NotAnEnvelope => "not-an-envelope",
    /// The envelope or the signature has an `alg` or `enc` outside the allow-list, or a `zip` or `crit` header.
    AlgorithmNotAllowed => "algorithm-not-allowed",
    /// The envelope names another response key.
    WrongResponseKey => "wrong-response-key",
    /// The envelope was modified or truncated, or is encrypted to another key.
    CannotDecrypt => "cannot-decrypt",
    /// The content is not a JWS, or it has no signature.
    NotSigned => "not-signed",
    /// The signing key is not published, even after the published keys were fetched again.
    UnknownSigningKey => "unknown-signing-key",
    /// The signature is invalid.
    BadSignature => "bad-signature",
    /// The message has another type than expected.
    WrongType => "wrong-type",
    /// The response belongs to another order.
    WrongRequest => "wrong-request",
    /// The content does not conform to the envelope format.
    WrongFormat => "wrong-format",
    /// The PIN does not match the request.
    UnexpectedPin => "unexpected-pin",
    /// Keyferry's cryptographic library failed. The response may be valid.
    LibraryFailed => "library-failed",
}

/// Maps an error of the envelope (JWE) to a refusal.
pub(crate) fn of_jwe(error: &JoseError) -> Rejection {
    let code = match error {
        JoseError::TooLarge { .. } => RejectionCode::EnvelopeTooLarge,
        JoseError::Algorithm { .. } | JoseError::ForbiddenMember { .. } => RejectionCode::AlgorithmNotAllowed,
        JoseError::WrongKid { .. } => RejectionCode::WrongResponseKey,
        JoseError::Decryption => RejectionCode::CannotDecrypt,
        JoseError::Library { .. } => RejectionCode::LibraryFailed,
        _ => RejectionCode::NotAnEnvelope,
    };
    Rejection::new(code, error.to_string())
}

/// Maps an error of the signature (JWS) to a refusal.
pub(crate) fn of_jws(error: &JoseError) -> Rejection {
    let code = match error {
        JoseError::TooLarge { .. } => RejectionCode::EnvelopeTooLarge,
        JoseError::Algorithm { actual, .. } if actual == "\"none\"" => RejectionCode::NotSigned,
        JoseError::Algorithm { .. } | JoseError::ForbiddenMember { .. } => RejectionCode::AlgorithmNotAllowed,
        JoseError::UnknownKid { .. } | JoseError::KeyPurpose { .. } => RejectionCode::UnknownSigningKey,
        JoseError::Length { what: SIGNATURE, actual, .. } if *actual != 0 => RejectionCode::BadSignature,
        JoseError::Signature { .. } | JoseError::Base64 { what: SIGNATURE } => RejectionCode::BadSignature,
        JoseError::Library { .. } => RejectionCode::LibraryFailed,
        _ => RejectionCode::NotSigned,
    };
    let reason = match code {
        RejectionCode::NotSigned => format!("its content is not signed: {error}"),
        _ => error.to_string(),
    };
    Rejection::new(code, reason)
}

/// Name that `keyferry_jose::jws::verify` uses for the signature in its errors.
const SIGNATURE: &str = "JWS signature";

/// Maps an error in a plaintext to a refusal.
///
/// Omits the names of duplicate members: a name that the format does not define can be anything, even a PIN.
pub(crate) fn of_plaintext(error: &JoseError) -> Rejection {
    let reason = match error {
        JoseError::DuplicateMember { .. } => "a JSON object contains a member twice".to_owned(),
        other => other.to_string(),
    };
    Rejection::new(RejectionCode::WrongFormat, format!("its content does not match the expected format: {reason}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_kebab_case() {
        let texts: HashSet<_> = RejectionCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), RejectionCode::ALL.len());
        assert!(texts.iter().all(|text| text.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    }

    /// Otherwise, an operator would discard a valid key because of a failure on our side.
    #[test]
    fn library_failure_is_not_reported_as_invalid_response() {
        let failed = JoseError::Library { operation: "decrypt" };
        for refusal in [of_jwe(&failed), of_jws(&failed)] {
            assert_eq!(refusal.code, RejectionCode::LibraryFailed);
            assert_eq!(refusal.reason, failed.to_string());
        }
    }

    #[test]
    fn oversized_envelope_and_content_have_the_same_code() {
        let large = JoseError::TooLarge { what: "JWS", limit: 1, actual: 2 };
        for refusal in [of_jwe(&large), of_jws(&large)] {
            assert_eq!(refusal.code, RejectionCode::EnvelopeTooLarge);
        }
    }

    #[test]
    fn unsigned_content_is_named_as_such() {
        let none = JoseError::Algorithm { member: "alg", actual: "\"none\"".into(), accepted: "ES384".into() };
        let refusal = of_jws(&none);
        assert_eq!(refusal.code, RejectionCode::NotSigned);
        assert!(refusal.reason.contains("is not signed"), "{refusal}");
        assert!(refusal.reason.contains(&none.to_string()), "{refusal}");
    }
}
