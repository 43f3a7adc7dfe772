//! Why the scenario failed.

use std::path::PathBuf;

use keyferry_http::CallError;

use super::pin::Unreadable;
use super::step::title;

/// The step that failed, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}: {trouble}", place(*.step))]
pub struct ScenarioError {
    /// 1 to 14, as in the guide's process flow; from 15 on in a browser; 0 before anything was ordered.
    pub step: u8,
    /// Why.
    pub trouble: Box<Trouble>,
}

/// What went wrong. It holds no PIN, token or secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The HTTP client could not be set up, or an URL not be built.
    #[error(transparent)]
    Client(#[from] keyferry_http::Error),
    /// No answer, or one that cannot be read.
    #[error("{0}; are the connector and the sandbox running?")]
    Call(#[from] CallError),
    /// Another status than expected.
    #[error("{what}: expected status {expected}, but it was answered {status}: {said}")]
    Answered {
        /// The call.
        what: &'static str,
        /// Expected status.
        expected: u16,
        /// Status that came.
        status: u16,
        /// The error in the answer.
        said: String,
    },
    /// Something should be known by now.
    #[error("{whose} should tell {what} by now, but does not")]
    Missing {
        /// Who should know it.
        whose: &'static str,
        /// What.
        what: &'static str,
    },
    /// Two sides tell different things.
    #[error("{what}: expected {expected}, but got {got}")]
    Mismatch {
        /// What is told.
        what: &'static str,
        /// By the side that must know.
        expected: String,
        /// By the other.
        got: String,
    },
    /// The user is none of the sandbox's.
    #[error("the sandbox has no user {0}; GET /control/users lists them")]
    UnknownUser(String),
    /// The parcel does not reach the state 103 (shipped).
    #[error("the parcel stands still in state {state_id}{}; expected it to reach 103 (shipped)", reason(.message))]
    NotShipped {
        /// The delivery service's state.
        state_id: i64,
        /// Its reason.
        message: Option<String>,
    },
    /// The shipment does not become complete.
    #[error("after {seconds} s the shipment is {state}, not complete{}", reason(.message))]
    NotComplete {
        /// How long was waited.
        seconds: u64,
        /// `ongoing`.
        state: String,
        /// What stands in the way, as the connector says.
        message: Option<String>,
    },
    /// The PIN did not come.
    #[error("no mail about key {serial} came to {to} within {seconds} s of the shipment being complete")]
    NoMail {
        /// Serial number of the key.
        serial: String,
        /// Where it should have come.
        to: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The PIN cannot be read.
    #[error("the mail about the key came, but a person could not read the PIN in it: {0}")]
    Unreadable(#[from] Unreadable),
    /// The key takes any PIN.
    #[error("the key accepted a wrong PIN; then its PIN protects nothing")]
    WrongPinAccepted,
    /// The key does not take the PIN from the mail.
    #[error("the key refused the PIN from the mail: {code}{}; the mail does not hold this key's PIN", left(.retries_left))]
    PinRefused {
        /// The key's error.
        code: String,
        /// Attempts left.
        retries_left: Option<u64>,
    },
    /// A one-time PIN was asked for, and none came.
    #[error("the key was ordered with a PIN for one use, but accepted it without asking for a new one")]
    ChangeNotDemanded,
    /// The key asks for a new PIN although none was ordered so.
    #[error("the key asks for a new PIN, although it was not ordered with one for one use")]
    ChangeDemanded,
    /// The relying party does not let the person in.
    #[error("the PIN was right, but the relying party refused the sign-in: {reason}")]
    SignInRefused {
        /// Why.
        reason: String,
    },
    /// The browser cannot be driven.
    #[error(transparent)]
    Browser(#[from] crate::webdriver::Error),
    /// No page of the sandbox may use such keys.
    #[error(
        "the keys are for the relying party {0}, and a browser reaches the sandbox as http://localhost only: start it \
         with --rp-id localhost"
    )]
    NotLocalhost(String),
    /// A picture cannot be kept.
    #[error("the picture {} cannot be written: {source}", .file.display())]
    Picture {
        /// Where.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The page shows another PIN than the mail has.
    #[error("the browser shows another PIN than the mail holds")]
    OtherPinShown,
    /// Nothing happens on the sign-in page.
    #[error("the sign-in page showed no outcome within {seconds} s")]
    NoOutcome {
        /// How long was waited.
        seconds: u64,
    },
    /// The page does not let the person in.
    #[error("the key was unlocked with its PIN, but the sign-in page says: {said}")]
    PageRefused {
        /// The page's words.
        said: String,
    },
    /// A touch of the key is enough to sign in.
    #[error("{0} let a person in whose key did not verify them; then whoever finds a key can use it")]
    InWithoutPin(&'static str),
}

fn place(step: u8) -> String {
    match step {
        0 => "nothing was ordered".to_owned(),
        _ => format!("step {step} failed ({})", title(step)),
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

    #[test]
    fn an_error_names_the_step_and_what_to_look_at() {
        let says = |step, trouble| ScenarioError { step, trouble: Box::new(trouble) }.to_string();
        let pin = Trouble::PinRefused { code: "pin_incorrect".to_owned(), retries_left: Some(6) };
        assert_eq!(
            says(14, pin),
            "step 14 failed (The person signs in): the key refused the PIN from the mail: pin_incorrect, 6 attempts \
             left; the mail does not hold this key's PIN"
        );
        let none = Trouble::NotLocalhost("x.example".to_owned());
        assert!(says(0, none).starts_with("nothing was ordered: the keys are for the relying party x.example,"));
        let still = Trouble::NotShipped { state_id: 7, message: None };
        assert_eq!(
            says(6, still),
            "step 6 failed (The parcel is shipped): the parcel stands still in state 7; expected it to reach 103 (shipped)"
        );
        let message = Some("GENERAL: no manager".to_owned());
        let waiting = Trouble::NotComplete { seconds: 60, state: "ongoing".to_owned(), message };
        assert!(says(7, waiting).ends_with("after 60 s the shipment is ongoing, not complete: GENERAL: no manager"));
    }
}
