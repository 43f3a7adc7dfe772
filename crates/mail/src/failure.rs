//! Failures of a delivery, with the PIN taken out of what the other side said.

use keyferry_domain::{Failure, FailureKind, Operation, Party, Pin};
use keyferry_http::{Answer, clean};
use serde_json::Value;

pub(crate) const PARTY: Party = Party::PinDelivery;
pub(crate) const OPERATION: Operation = Operation::DeliverPin;

/// What stands in for a PIN that the other side repeated.
const PLACEHOLDER: &str = "[PIN]";

pub(crate) fn failed(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure::new(PARTY, OPERATION, kind, message)
}

/// Text of the other side that may be kept and shown: without the PIN, in one line, at most 500 characters.
///
/// The PIN goes first, so that the cut cannot leave a part of it.
pub(crate) fn without_pin(text: &str, pin: &Pin) -> String {
    let pin = pin.expose();
    let escaped = minijinja::HtmlEscape(pin).to_string();
    clean(&text.replace(pin, PLACEHOLDER).replace(&escaped, PLACEHOLDER))
}

/// The failure of an HTTP answer, with the error code and message of its body in the form that Graph and Logic Apps
/// share: `{"error": {"code", "message"}}`.
pub(crate) fn of_answer(who: &str, answer: &Answer, pin: &Pin) -> Failure {
    let body: Value = answer.json().unwrap_or_default();
    let text = |name: &str| {
        let text = body.get("error")?.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| without_pin(text, pin))
    };
    let code = text("code");
    let named = code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    let message = text("message").unwrap_or_else(|| "it gave no reason".into());
    answer.failure(PARTY, OPERATION, code, format!("{who} answered {}{named}: {message}", answer.status))
}

#[cfg(test)]
mod tests {
    use keyferry_domain::PinLength;

    use super::*;

    fn pin(text: &str) -> Pin {
        let length = PinLength::try_from(i64::try_from(text.len()).unwrap()).unwrap();
        Pin::new(text.to_owned().into(), length).ok().unwrap()
    }

    #[test]
    fn a_repeated_pin_is_taken_out_wherever_it_stands() {
        assert_eq!(without_pin("no 482137\r\nfor you: x482137y", &pin("482137")), "no [PIN] for you: x[PIN]y");
        assert_eq!(without_pin("<b>a&lt;b&gt;1</b>", &pin("a<b>1")), "<b>[PIN]</b>");
    }

    #[test]
    fn the_cut_leaves_no_part_of_it() {
        let text = without_pin(&format!("{}482137", "x".repeat(497)), &pin("482137"));
        assert!(!text.contains('4'), "{text}");
    }
}
