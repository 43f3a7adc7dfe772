//! Why a response is refused.

use keyferry_jose::Error as JoseError;

/// A response that is refused, with the reason for a person. It never shows a plaintext.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// What was found.
    pub code: RefusalCode,
    /// What was expected and what came.
    pub reason: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: RefusalCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// What was found, in the order in which it is looked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum RefusalCode {
            $($(#[$doc])* $name,)*
        }

        impl RefusalCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As it stands in a `Failure`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// Over 128 KiB; it was not decoded.
    EnvelopeTooLarge => "envelope-too-large",
    /// No JWE in compact serialisation, or one without what a header must have.
    NotAnEnvelope => "not-an-envelope",
    /// An `alg` or `enc` that is not on the allow-list, or `zip` or `crit`; of the envelope or of the signature.
    AlgorithmNotAllowed => "algorithm-not-allowed",
    /// For another response key.
    WrongResponseKey => "wrong-response-key",
    /// Altered, cut, or not for this key.
    CannotDecrypt => "cannot-decrypt",
    /// What it holds is no JWS, or one without signature.
    NotSigned => "not-signed",
    /// Signed with a key that is not published, not even after the published keys were fetched again.
    UnknownSigningKey => "unknown-signing-key",
    /// The signature does not fit.
    BadSignature => "bad-signature",
    /// Another kind of message than expected.
    WrongType => "wrong-type",
    /// It answers another order.
    WrongRequest => "wrong-request",
    /// Not what the page of the format says.
    WrongFormat => "wrong-format",
    /// Not the PIN that was asked for.
    UnexpectedPin => "unexpected-pin",
    /// Our own cryptographic library gave up; nothing is wrong with the response.
    LibraryFailed => "library-failed",
}

/// What the outer envelope's error means.
pub(crate) fn of_jwe(error: &JoseError) -> Refusal {
    let code = match error {
        JoseError::TooLarge { .. } => RefusalCode::EnvelopeTooLarge,
        JoseError::Algorithm { .. } | JoseError::ForbiddenMember { .. } => RefusalCode::AlgorithmNotAllowed,
        JoseError::WrongKid { .. } => RefusalCode::WrongResponseKey,
        JoseError::Decryption => RefusalCode::CannotDecrypt,
        JoseError::Library { .. } => RefusalCode::LibraryFailed,
        _ => RefusalCode::NotAnEnvelope,
    };
    Refusal::new(code, error.to_string())
}

/// What the inner signature's error means.
pub(crate) fn of_jws(error: &JoseError) -> Refusal {
    let code = match error {
        JoseError::TooLarge { .. } => RefusalCode::EnvelopeTooLarge,
        JoseError::Algorithm { actual, .. } if actual == "\"none\"" => RefusalCode::NotSigned,
        JoseError::Algorithm { .. } | JoseError::ForbiddenMember { .. } => RefusalCode::AlgorithmNotAllowed,
        JoseError::UnknownKid { .. } | JoseError::KeyPurpose { .. } => RefusalCode::UnknownSigningKey,
        JoseError::Length { what: SIGNATURE, actual, .. } if *actual != 0 => RefusalCode::BadSignature,
        JoseError::Signature { .. } | JoseError::Base64 { what: SIGNATURE } => RefusalCode::BadSignature,
        JoseError::Library { .. } => RefusalCode::LibraryFailed,
        _ => RefusalCode::NotSigned,
    };
    let reason = match code {
        RefusalCode::NotSigned => {
            format!("its content is not signed, and unsigned responses are refused ({error})")
        }
        _ => error.to_string(),
    };
    Refusal::new(code, reason)
}

/// The part that `keyferry_jose::jws::verify` names in its errors.
const SIGNATURE: &str = "JWS signature";

/// What an error in a plaintext means. Names of members that are not the format's own could be anything, a PIN
/// included, and are left out.
pub(crate) fn of_plaintext(error: &JoseError) -> Refusal {
    let reason = match error {
        JoseError::DuplicateMember { .. } => "a member stands twice in one object of its JSON".to_owned(),
        other => other.to_string(),
    };
    Refusal::new(RefusalCode::WrongFormat, format!("its content is not of the expected format: {reason}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_kebab_case() {
        let texts: HashSet<_> = RefusalCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), RefusalCode::ALL.len());
        assert!(texts.iter().all(|text| text.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    }

    /// Else a key would be thrown away for a failure of our own.
    #[test]
    fn what_failed_on_our_side_is_not_the_factorys_fault() {
        let failed = JoseError::Library { operation: "decrypt" };
        for refusal in [of_jwe(&failed), of_jws(&failed)] {
            assert_eq!(refusal.code, RefusalCode::LibraryFailed);
            assert_eq!(refusal.reason, failed.to_string());
        }
    }

    #[test]
    fn what_is_too_large_is_told_so_inside_and_outside() {
        let large = JoseError::TooLarge { what: "JWS", limit: 1, actual: 2 };
        for refusal in [of_jwe(&large), of_jws(&large)] {
            assert_eq!(refusal.code, RefusalCode::EnvelopeTooLarge);
        }
    }

    #[test]
    fn what_is_not_signed_is_refused_in_plain_words() {
        let none = JoseError::Algorithm { member: "alg", actual: "\"none\"".into(), accepted: "ES384".into() };
        let refusal = of_jws(&none);
        assert_eq!(refusal.code, RefusalCode::NotSigned);
        assert!(refusal.reason.contains("unsigned responses are refused"), "{refusal}");
        assert!(refusal.reason.contains(&none.to_string()), "{refusal}");
    }
}
