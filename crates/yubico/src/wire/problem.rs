//! Error body of the delivery service.

use serde::Deserialize;

use super::text::Text;

/// Error body `{"code": …, "message": …}`.
///
/// inferred: the integration guide shows this object in the connector's response. It does not state that the delivery
/// service sends the same object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Problem {
    /// For example `validation_error`. Truncated to 100 characters.
    pub(crate) code: Option<String>,
    /// For example `Input for Last Name exceeded limit of 20 characters`. Truncated to 500 characters.
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
    /// Parses the body of an error response. Code and message are `None` if the body cannot be parsed.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Body>(body) else { return Self::default() };
        Self { code: body.code.cleaned(100), message: body.message.cleaned(500) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_code_and_message_and_ignores_other_bodies() {
        let problem = Problem::parse(br#"{"code":"validation_error","message":"too\nlong","trace":[1]}"#);
        assert_eq!(problem.code.as_deref(), Some("validation_error"));
        assert_eq!(problem.message.as_deref(), Some("too long"));
        assert_eq!(Problem::parse(br#"{"code":17}"#).code.as_deref(), Some("17"));
        for other in [&b"<html>"[..], b"", b"[]", br#"{"code":{}}"#, b"\xff"] {
            assert_eq!(Problem::parse(other), Problem::default());
        }
    }
}
