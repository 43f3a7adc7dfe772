//! Failures of a delivery.

use keyferry_domain::{Failure, FailureKind, Operation, Party};
use keyferry_http::{Answer, clean};
use serde_json::Value;

pub(crate) const PARTY: Party = Party::PinDelivery;
pub(crate) const OPERATION: Operation = Operation::DeliverPin;

pub(crate) fn failed(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure::new(PARTY, OPERATION, kind, message)
}

/// The failure of an HTTP answer, with the error code and message of its body in the form that Graph and Logic Apps
/// share: `{"error": {"code", "message"}}`.
pub(crate) fn of_answer(who: &str, answer: &Answer) -> Failure {
    let body: Value = answer.json().unwrap_or_default();
    let text = |name: &str| {
        let text = body.get("error")?.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| clean(text))
    };
    let code = text("code");
    let named = code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    let message = text("message").unwrap_or_else(|| "it gave no reason".into());
    answer.failure(PARTY, OPERATION, code, format!("{who} answered {}{named}: {message}", answer.status))
}
