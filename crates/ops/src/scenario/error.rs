//! Errors of the scenario.

use std::path::PathBuf;

use keyferry_http::CallError;

use super::pin::Unreadable;

/// Failed step and cause.
#[derive(Debug, thiserror::Error)]
#[error("{}: {trouble}", place(*.step, .title))]
pub struct ScenarioError {
    /// Number of the step, 0 before the order was placed.
    pub step: u8,
    /// Title of the step.
    pub title: &'static str,
    /// Cause.
    pub trouble: Box<Trouble>,
}

/// Cause of a failure. Contains no PIN, token or secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The HTTP client could not be created or a URL could not be built.
    #[error(transparent)]
    Client(#[from] keyferry_http::Error),
    /// No response, or a response that cannot be read.
    #[error("{0}. Check that the connector and the sandbox are running")]
    Call(#[from] CallError),
    /// Unexpected status.
    #[error("{what}: expected status {expected}, but got {status}: {said}")]
    Answered {
        /// The call.
        what: &'static str,
        /// Expected status.
        expected: u16,
        /// Actual status.
        status: u16,
        /// Error text of the response.
        said: String,
    },
    /// A value is missing.
    #[error("expected {what} from {whose}, but it is missing")]
    Missing {
        /// Source of the value.
        whose: &'static str,
        /// The value.
        what: &'static str,
    },
    /// Two sources report different values.
    #[error("{what}: expected {expected}, but got {got}")]
    Mismatch {
        /// The value that differs.
        what: &'static str,
        /// Value according to its owner.
        expected: String,
        /// Value according to the other source.
        got: String,
    },
    /// The sandbox has no such user.
    #[error("the sandbox has no user {0}. GET /control/users lists its users")]
    UnknownUser(String),
    /// The parcel does not reach state 103 (shipped).
    #[error("the parcel stays in state {state_id}{}; expected it to reach 103 (shipped)", reason(.message))]
    NotShipped {
        /// The delivery service's state.
        state_id: i64,
        /// Reason given by the delivery service.
        message: Option<String>,
    },
    /// The shipment does not become complete.
    #[error("after {seconds} s the shipment is {state}, not complete{}", reason(.message))]
    NotComplete {
        /// Seconds waited.
        seconds: u64,
        /// `ongoing`.
        state: String,
        /// Obstacle according to the connector.
        message: Option<String>,
    },
    /// The mail with the PIN did not arrive.
    #[error("no mail about key {serial} arrived for {to} within {seconds} s after the shipment was complete")]
    NoMail {
        /// Serial number of the key.
        serial: String,
        /// Expected addressee.
        to: String,
        /// Seconds waited.
        seconds: u64,
    },
    /// The mail contains no readable PIN.
    #[error("could not find the PIN in the mail about the key: {0}")]
    Unreadable(#[from] Unreadable),
    /// The key accepts any PIN.
    #[error("the key accepted a wrong PIN, so the PIN does not protect it")]
    WrongPinAccepted,
    /// The key refuses the PIN from the mail.
    #[error(
        "the key refused the PIN from the mail: {code}{}; the mail does not contain this key's PIN", left(.retries_left)
    )]
    PinRefused {
        /// The key's error.
        code: String,
        /// Attempts left.
        retries_left: Option<u64>,
    },
    /// A one-time PIN was ordered, but the key does not require a new PIN.
    #[error("the key was ordered with a one-time PIN, but accepted it without requiring a new PIN")]
    ChangeNotDemanded,
    /// The key requires a new PIN, but no one-time PIN was ordered.
    #[error("the key requires a new PIN, but it was not ordered with a one-time PIN")]
    ChangeDemanded,
    /// The relying party refuses the sign-in.
    #[error("the key accepted the PIN, but the relying party refused the sign-in: {reason}")]
    SignInRefused {
        /// Reason given by the relying party.
        reason: String,
    },
    /// The browser cannot be controlled.
    #[error(transparent)]
    Browser(#[from] crate::webdriver::Error),
    /// The sandbox's relying party is not `localhost`, so no page of the sandbox may use its keys.
    #[error(
        "the keys are for the relying party {0}, but a browser reaches the sandbox as http://localhost only. Start the \
         sandbox with --rp-id localhost"
    )]
    NotLocalhost(String),
    /// A screenshot could not be saved.
    #[error("could not write the screenshot {}: {source}", .file.display())]
    Picture {
        /// Path of the screenshot.
        file: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The browser shows another PIN than the one in the mail.
    #[error("the browser shows another PIN than the mail contains")]
    OtherPinShown,
    /// The sign-in page shows no result.
    #[error("the sign-in page showed no result within {seconds} s")]
    NoOutcome {
        /// Seconds waited.
        seconds: u64,
    },
    /// The sign-in page shows an error.
    #[error("the key was unlocked with its PIN, but the sign-in failed: {said}")]
    PageRefused {
        /// Text of the page.
        said: String,
    },
    /// Something does not happen at another party.
    #[error("{place}: expected {expected} within {seconds} s, but saw {seen}")]
    NotSeen {
        /// Where it was expected.
        place: &'static str,
        /// What was expected.
        expected: String,
        /// Seconds waited.
        seconds: u64,
        /// What was there instead.
        seen: String,
    },
    /// A PIN is where none may be.
    #[error("{0} contains a PIN")]
    PinLeaked(&'static str),
    /// Sign-in works without user verification.
    #[error("{0} accepted a key without user verification, so anyone who finds a key can use it")]
    InWithoutPin(&'static str),
}

fn place(step: u8, title: &str) -> String {
    match step {
        0 => "nothing was ordered".to_owned(),
        _ => format!("step {step} failed ({title})"),
    }
}

fn reason(message: &Option<String>) -> String {
    message.as_ref().map(|message| format!(": {message}")).unwrap_or_default()
}

fn left(retries: &Option<u64>) -> String {
    retries.map(|left| format!(", {left} attempts left")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::step::FLOW;

    #[test]
    fn message_names_step_and_cause() {
        let says = |step: u8, trouble| {
            let title = FLOW.get(usize::from(step).wrapping_sub(1)).copied().unwrap_or_default();
            ScenarioError { step, title, trouble: Box::new(trouble) }.to_string()
        };
        let pin = Trouble::PinRefused { code: "pin_incorrect".to_owned(), retries_left: Some(6) };
        assert_eq!(
            says(14, pin),
            "step 14 failed (The holder signs in): the key refused the PIN from the mail: pin_incorrect, 6 attempts \
             left; the mail does not contain this key's PIN"
        );
        let none = Trouble::NotLocalhost("x.example".to_owned());
        assert!(says(0, none).starts_with("nothing was ordered: the keys are for the relying party x.example,"));
        let still = Trouble::NotShipped { state_id: 7, message: None };
        assert_eq!(
            says(6, still),
            "step 6 failed (The parcel is shipped): the parcel stays in state 7; expected it to reach 103 (shipped)"
        );
        let message = Some("GENERAL: no manager".to_owned());
        let waiting = Trouble::NotComplete { seconds: 60, state: "ongoing".to_owned(), message };
        assert!(says(7, waiting).ends_with("after 60 s the shipment is ongoing, not complete: GENERAL: no manager"));
    }
}
