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
    /// Reads the body of a refusal; whatever is not understood counts as absent. Nothing is known to echo the API
    /// token; should something do, it goes no further, not even a piece of it at the end of a text that is cut.
    pub(crate) fn parse(body: &[u8], token: Option<&str>) -> Self {
        let Ok(body) = serde_json::from_slice::<Body>(body) else { return Self::default() };
        let hidden = |text: Text| match token {
            Some(token) => text.replaced(token, "(token)"),
            None => text,
        };
        Self { code: hidden(body.code).cleaned(100), message: hidden(body.message).cleaned(500) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &[u8]) -> Problem {
        Problem::parse(body, Some("tok-4711"))
    }

    #[test]
    fn a_token_is_taken_out_before_the_text_is_cut() {
        for before in [0, 91, 95, 99, 492, 495, 499] {
            let text = format!("{}tok-4711", "x".repeat(before));
            let problem = parse(serde_json::json!({ "code": text, "message": text }).to_string().as_bytes());
            assert!(!format!("{problem:?}").contains("xt"), "{before}: {problem:?}");
            assert!(!format!("{problem:?}").contains("\"t"), "{before}: {problem:?}");
        }
    }

    #[test]
    fn code_and_message_are_kept_and_anything_else_is_no_fault() {
        let problem = parse(br#"{"code":"validation_error","message":"too\nlong","trace":[1]}"#);
        assert_eq!(problem.code.as_deref(), Some("validation_error"));
        assert_eq!(problem.message.as_deref(), Some("too long"));
        assert_eq!(parse(br#"{"code":17}"#).code.as_deref(), Some("17"));
        for other in [&b"<html>"[..], b"", b"[]", br#"{"code":{}}"#, b"\xff"] {
            assert_eq!(parse(other), Problem::default());
        }
    }
}
