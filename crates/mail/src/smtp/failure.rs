//! Failures of an SMTP session, and their effect on the mail.

use std::error::Error as _;
use std::io;

use keyferry_domain::{Failure, FailureKind};
use keyferry_http::{Hidden, clean};
use lettre::Address;
use lettre::transport::smtp;

use crate::failures::{SMTP, failed};

/// Part of rustls' message about a certificate whose issuer is not trusted. Its messages about other defects are
/// sentences.
const UNKNOWN_ISSUER: &str = "UnknownIssuer";
const NOT_TRUSTED: &str = ". The issuer of the server's certificate is not trusted. If it is your own certificate \
                           authority, add its certificate (PEM) to the file in KEYFERRY_EXTRA_CA_FILE";

/// Step of the session.
pub(super) enum Step {
    Connect,
    StartTls,
    SignIn,
    Sender,
    Addressee(Address),
    Data,
    /// The message itself. From this step on, the server may have accepted it even if its reply is lost.
    Message,
}

pub(super) enum Cause {
    TimedOut,
    NoStartTls,
    NoSignIn,
    NoInternationalAddresses,
    NoRoute(io::Error),
    /// Reply with a status that is not valid for the command.
    UnexpectedReply(u16),
    Smtp(smtp::Error),
}

pub(super) struct SessionFailure {
    pub(super) step: Step,
    pub(super) cause: Cause,
}

impl SessionFailure {
    /// Returns whether a new session may succeed where an idle one failed. The server has then accepted nothing.
    ///
    /// The reply may be about the session: 421, too many messages, an expired authentication. Not so a refused
    /// addressee. A server that stops answering, although it has just answered to a probe, would also stop in a new
    /// session.
    pub(super) fn may_concern_session(&self) -> bool {
        match (&self.step, &self.cause) {
            (Step::Message, _) | (_, Cause::TimedOut) => false,
            (Step::Addressee(_), Cause::Smtp(error)) => error.status().is_none_or(|code| u16::from(code) == 421),
            _ => true,
        }
    }

    /// Converts to a failure. `hidden` contains the secrets that were sent to the server and that it may have repeated.
    pub(super) fn into_failure(self, server: &str, hidden: &Hidden) -> Failure {
        let Self { step, cause } = self;
        let place = step.place();
        match cause {
            Cause::TimedOut => {
                let failure = failed(
                    &SMTP,
                    FailureKind::TimedOut,
                    format!("the mail server {server} did not answer in time {place}"),
                );
                if step.may_be_accepted() { failure.with_unknown_effect() } else { failure }
            }
            Cause::NoStartTls => failed(
                &SMTP,
                FailureKind::Found("starttls-not-offered"),
                format!(
                    "the mail server {server} does not offer STARTTLS, and PINs are not sent unencrypted: use a port \
                     that offers it (587), or implicit TLS (465)"
                ),
            ),
            Cause::NoSignIn => failed(
                &SMTP,
                FailureKind::Found("sign-in-not-offered"),
                format!(
                    "the mail server {server} does not offer authentication with user and password (PLAIN or LOGIN): \
                     enable it for this account, or remove the credentials if the server accepts mails without"
                ),
            ),
            Cause::NoInternationalAddresses => failed(
                &SMTP,
                FailureKind::Found("smtputf8-not-offered"),
                format!("the mail server {server} does not support addresses with non-ASCII characters (SMTPUTF8)"),
            ),
            Cause::NoRoute(error) => failed(
                &SMTP,
                FailureKind::Unreachable,
                format!("the mail server {server} cannot be reached over TLS ({place}): {error}"),
            ),
            Cause::UnexpectedReply(status) => {
                let failure = failed(
                    &SMTP,
                    FailureKind::InvalidResponse,
                    format!("the mail server {server} answered {status} {place}, which is not a valid reply there"),
                );
                if step.may_be_accepted() { failure.with_unknown_effect() } else { failure }
            }
            Cause::Smtp(error) => of_smtp(&step, &error, server, hidden),
        }
    }
}

impl Step {
    fn place(&self) -> String {
        match self {
            Self::Connect => "while connecting".into(),
            Self::StartTls => "at STARTTLS".into(),
            Self::SignIn => "at authentication (check user and password)".into(),
            Self::Sender => "at the sender (MAIL FROM)".into(),
            Self::Addressee(address) => format!("at the addressee {address} (RCPT TO)"),
            Self::Data => "before the mail (DATA)".into(),
            Self::Message => "after the mail was sent to it".into(),
        }
    }

    /// Returns the meaning of a status about a mailbox (RFC 5321 section 4.2.2) where that mailbox is not the
    /// addressee's.
    fn refusal(&self, status: u16) -> Option<FailureKind> {
        if !matches!(status, 550 | 551 | 553) {
            return None;
        }
        match self {
            Self::Addressee(_) => None,
            Self::Sender => Some(FailureKind::Found("sender-refused")),
            Self::Data | Self::Message => Some(FailureKind::Found("mail-refused")),
            Self::Connect | Self::StartTls | Self::SignIn => Some(FailureKind::Found("service-refused")),
        }
    }

    fn may_be_accepted(&self) -> bool {
        matches!(self, Self::Message)
    }
}

fn of_smtp(step: &Step, error: &smtp::Error, server: &str, hidden: &Hidden) -> Failure {
    // Redacts before `clean` shortens the text: a secret that is cut in two would not be found.
    let text = error.source().map(|source| clean(&hidden.text(&chain(source)))).unwrap_or_default();
    let place = step.place();
    if let Some(code) = error.status() {
        let status = u16::from(code);
        let kind = step.refusal(status).unwrap_or(FailureKind::Answered { status, code: enhanced_code(&text) });
        return failed(&SMTP, kind, format!("the mail server {server} answered {status} {place}: {text}"));
    }
    if matches!(step, Step::Connect | Step::StartTls) {
        // A connection lost in these steps counts as unreachable: nothing of the mail was sent.
        let advice = if text.contains(UNKNOWN_ISSUER) { NOT_TRUSTED } else { "" };
        let message = format!("the mail server {server} cannot be reached over TLS ({place}): {text}{advice}");
        return failed(&SMTP, FailureKind::Unreachable, message);
    }
    // lettre reports a connection that ends within a reply as the response error "incomplete response".
    let (kind, text) = match error.is_response() && text != "incomplete response" {
        // lettre's text quotes the unread rest of the reply, which may be the rest of a PIN: too short to be redacted.
        true => (FailureKind::InvalidResponse, "its answer is not an SMTP reply".to_owned()),
        false => (FailureKind::ConnectionLost, text),
    };
    let failure = failed(&SMTP, kind, format!("the session with the mail server {server} failed {place}: {text}"));
    if step.may_be_accepted() { failure.with_unknown_effect() } else { failure }
}

/// Returns the enhanced status code at the start of a reply, for example `5.1.1` (RFC 3463 section 2).
fn enhanced_code(text: &str) -> Option<String> {
    let word = text.split(' ').next()?;
    let parts: Vec<_> = word.split('.').collect();
    let numeric = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let whole = parts.len() == 3 && parts.iter().all(numeric) && matches!(parts.first(), Some(&("4" | "5")));
    whole.then(|| word.to_owned())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_enhanced_status_codes() {
        assert_eq!(enhanced_code("5.1.1 no such user").as_deref(), Some("5.1.1"));
        assert_eq!(enhanced_code("4.7.650 later").as_deref(), Some("4.7.650"));
        for text in ["", "no such user", "2.0.0 fine", "5.1", "5.1.1.1 x", "5.1.1000 x", "5..1 x", "5.1.x"] {
            assert_eq!(enhanced_code(text), None, "{text}");
        }
    }
}
