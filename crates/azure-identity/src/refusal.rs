//! Error responses of the token endpoint.

use crate::failures::FAILURES;
use keyferry_domain::{Failure, Operation};
use keyferry_http::{Answer, clean};
use serde::Deserialize;

/// Error response (RFC 6749 section 5.2), with Entra's additions
/// (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>).
#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    error: Option<String>,
    error_description: Option<String>,
    error_codes: Vec<u64>,
    trace_id: Option<String>,
    correlation_id: Option<String>,
}

/// Returns the failure for a response that is not 200. Its code is `AADSTS` followed by the first error code, as in
/// Microsoft's documentation, or else the `error` of RFC 6749.
pub(crate) fn failure(answer: &Answer) -> Failure {
    let refusal: Refusal = answer.json().unwrap_or_default();
    let description = refusal.error_description.unwrap_or_default();
    let (in_text, text) = split(&description);
    let code = refusal.error_codes.first().map(|code| format!("AADSTS{code}")).or(in_text).or(refusal.error);
    let text = clean(text);

    let mut message = format!("the token endpoint answered {}", answer.status);
    if let Some(code) = &code {
        message.push_str(&format!(" {}", clean(code)));
    }
    message.push_str(if text.is_empty() { " without a reason" } else { ": " });
    message.push_str(&text);
    for (name, id) in [("trace id", refusal.trace_id), ("correlation id", refusal.correlation_id)] {
        if let Some(id) = id {
            message.push_str(&format!(", {name} {}", clean(&id)));
        }
    }
    answer.failure(&FAILURES, Operation::AcquireToken, code, message)
}

/// Returns whether the app credential was refused (RFC 6749 section 5.2). If so, a newer one may work.
pub(crate) fn is_of_app_credential(answer: &Answer) -> bool {
    let refusal: Refusal = answer.json().unwrap_or_default();
    refusal.error.as_deref() == Some("invalid_client")
}

/// Splits `AADSTS7000215: Invalid client secret provided. … Trace ID: …` into code and text.
fn split(description: &str) -> (Option<String>, &str) {
    let words = description.split("Trace ID").next().unwrap_or_default().trim();
    match words.split_once(':') {
        Some((code, words)) if is_aadsts(code) => (Some(code.to_owned()), words.trim()),
        _ => (None, words),
    }
}

fn is_aadsts(code: &str) -> bool {
    code.strip_prefix("AADSTS").is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_description_into_code_and_text() {
        let (code, words) =
            split("AADSTS90002: Tenant 'x' not found. Check it: twice.\r\nTrace ID: 1\r\nCorrelation ID: 2");
        assert_eq!(code.as_deref(), Some("AADSTS90002"));
        assert_eq!(words, "Tenant 'x' not found. Check it: twice.");
        assert_eq!(split("Note: no code"), (None, "Note: no code"));
        assert_eq!(split(""), (None, ""));
    }
}
