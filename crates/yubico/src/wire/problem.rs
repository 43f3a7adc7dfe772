//! What the delivery service says when it refuses.

use serde::Deserialize;

use super::text::Text;

/// `{"code": …, "message": …}`.
///
/// inferred: the guide shows this object in its own answer and does not say that it is the service's verbatim.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Such as `validation_error`; at most 100 characters.
    pub(crate) code: Option<String>,
    /// Such as `Input for Last Name exceeded limit of 20 characters`; at most 500 characters.
    pub(crate) message: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    code: Text,
    #[serde(default)]
    message: Text,
}

impl Problem {
    /// Reads the body of a refusal; whatever is not understood counts as absent.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Body>(body) else { return Self::default() };
        Self { code: body.code.cleaned(100), message: body.message.cleaned(500) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_message_are_kept_and_anything_else_is_no_fault() {
        let problem = Problem::parse(br#"{"code":"validation_error","message":"too\nlong","trace":[1]}"#);
        assert_eq!(problem.code.as_deref(), Some("validation_error"));
        assert_eq!(problem.message.as_deref(), Some("too long"));
        assert_eq!(Problem::parse(br#"{"code":17}"#).code.as_deref(), Some("17"));
        for other in [&b"<html>"[..], b"", b"[]", br#"{"code":{}}"#, b"\xff"] {
            assert_eq!(Problem::parse(other), Problem::default());
        }
    }
}
