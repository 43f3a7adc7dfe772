//! Error body of the delivery service.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::object::Object;
use super::text::Info;

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
    /// Whether the body has the delivery service's own form: `code` and `message` are texts. Gateways use other forms,
    /// for example a page, `message` alone, or a number as `code`.
    pub(crate) is_own: bool,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    code: Info,
    #[serde(default)]
    message: Info,
}

/// The delivery service's own form.
#[derive(Deserialize)]
struct OwnForm {
    code: String,
    message: String,
}

impl Problem {
    /// Parses the body of an error response. Code and message are `None` if the body cannot be parsed.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let is_own = serde_json::from_slice::<Object<OwnForm>>(body)
            .is_ok_and(|Object(own)| ![own.code, own.message].iter().any(|text| text.trim().is_empty()));
        let Ok(Object(body)) = serde_json::from_slice::<Object<Body>>(body) else { return Self::default() };
        let text = |info: Info| info.read("", &mut BTreeSet::new());
        Self { code: text(body.code).cleaned(100), message: text(body.message).cleaned(500), is_own }
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
        let message = Problem::parse(br#"{"code":{},"message":"no"}"#).message;
        assert_eq!(message.as_deref(), Some("no"));
    }

    #[test]
    fn recognizes_the_services_own_form() {
        assert!(Problem::parse(br#"{"code":"validation_error","message":"too long","trace":[1]}"#).is_own);
        for foreign in [
            &b"<html><title>403 Forbidden</title>"[..],
            b"",
            b"null",
            br#"{"message":"Forbidden"}"#,
            br#"{"code":"forbidden"}"#,
            br#"{"code":7,"message":"PERMISSION_DENIED"}"#,
            br#"{"code":"","message":" "}"#,
            br#"{"error":{"code":"forbidden","message":"no"}}"#,
            br#"[{"code":"forbidden","message":"no"}]"#,
            br#"["forbidden","no"]"#,
        ] {
            assert!(!Problem::parse(foreign).is_own, "{}", String::from_utf8_lossy(foreign));
        }
    }
}
