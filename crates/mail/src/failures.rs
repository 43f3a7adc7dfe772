//! What failures of a PIN delivery mean, for each of the ways.

use keyferry_domain::{Failure, FailureClass as Class, FailureKind, FailureTable, Operation, Party, Rule, When};
use keyferry_http::{Answer, clean};
use serde_json::Value;

/// A mail server. Statuses are replies (RFC 5321 section 4.2, RFC 4954 section 6).
#[rustfmt::skip]
pub const SMTP: FailureTable = FailureTable::new(Party::PinDelivery, &[
    Rule::new(When::Code("starttls-not-offered"), Class::Misconfigured, "The mail server offers no TLS, and no PIN goes without: check host and port."),
    Rule::new(When::Code("sign-in-not-offered"), Class::Misconfigured, "The mail server offers no sign-in: check host and port, or send without user and password."),
    Rule::new(When::Code("secret-unreadable"), Class::AppCredentialUnusable, "The mail server's password cannot be read: mend its file."),
    Rule::new(When::Code("wrong-password-form"), Class::AppCredentialUnusable, "The mail server's password is not text: mend it."),
    Rule::new(When::Code("sender-refused"), Class::Misconfigured, "The mail server does not take the sender of PIN mails: check KEYFERRY_MAIL_FROM, and whether the account may send as it."),
    Rule::new(When::Code("service-refused"), Class::Misconfigured, "The mail server refuses to serve this machine or account: see its log."),
    Rule::new(When::Code("mail-refused"), Class::Rejected, "The mail server refuses the mail itself for good, not the addressee: see its log."),
    Rule::new(When::Status(535), Class::AppCredentialRefused, "The mail server refuses our credentials: check user and password."),
    Rule::new(When::Status(421), Class::Unavailable, "The mail server is not available; the next run tries again."),
    Rule::new(When::Status(450), Class::Unavailable, "The mail server asks to come back later; the next run does."),
    Rule::new(When::Status(451), Class::Unavailable, "The mail server asks to come back later; the next run does."),
    Rule::new(When::Status(452), Class::Unavailable, "The mail server asks to come back later; the next run does."),
    Rule::new(When::Status(530), Class::AppCredentialRefused, "The mail server asks for a sign-in: set user and password."),
    Rule::new(When::Status(534), Class::AppCredentialRefused, "The mail server does not take this way of signing in: check user and password."),
    Rule::new(When::Status(538), Class::Misconfigured, "The mail server asks for encryption before the sign-in: check KEYFERRY_SMTP_TLS."),
    Rule::new(When::Status(551), Class::NoAddressee, "The mail server does not deliver to the addressee: mend the mail address."),
    Rule::new(When::Status(552), Class::Rejected, "The addressee's mailbox is full, or the mail too large."),
    Rule::new(When::Status(553), Class::NoAddressee, "The mail server does not take the address: mend it."),
    Rule::new(When::Status(554), Class::Rejected, "The mail server refuses the mail for good: see its log."),
    Rule::new(When::Status(550), Class::NoAddressee, "The mail server does not know the addressee: mend the mail address."),
    Rule::new(When::ServerError, Class::Unavailable, NOT_TAKEN_YET),
    Rule::new(When::Unreachable, Class::Unavailable, NOT_GONE_OUT),
    Rule::new(When::NoAnswer, Class::Unavailable, MAYBE_GONE_OUT),
    Rule::new(When::Anything, Class::Unexpected, NOT_TAKEN),
]);

/// Graph `sendMail`.
#[rustfmt::skip]
pub const GRAPH: FailureTable = FailureTable::new(Party::PinDelivery, &[
    Rule::new(When::Status(401), Class::AppCredentialRefused, REFUSED),
    Rule::new(When::Status(429), Class::Throttled, THROTTLED),
    Rule::new(When::ServerError, Class::Unavailable, NOT_TAKEN_YET),
    Rule::new(When::Unreachable, Class::Unavailable, NOT_GONE_OUT),
    Rule::new(When::NoAnswer, Class::Unavailable, MAYBE_GONE_OUT),
    Rule::new(When::Anything, Class::Unexpected, NOT_TAKEN),
]);

/// The guide's Logic App. Its codes are those of the workflow in `deploy/`.
#[rustfmt::skip]
pub const LOGIC_APP: FailureTable = FailureTable::new(Party::PinDelivery, &[
    Rule::new(When::Code("Request_ResourceNotFound"), Class::NoAddressee, "The directory has no such user, or no manager for them: mend it; every run looks again."),
    Rule::new(When::Code("ManagerWithoutMail"), Class::NoAddressee, "The user's manager has no mail address: set one, or another manager; every run looks again."),
    Rule::new(When::Code("ManagerIsThePerson"), Class::NoAddressee, "The manager's mail address is the person's own, so key and PIN would come into one hand: set another manager; every run looks again."),
    Rule::new(When::Code("ManagerLookupRefused"), Class::Misconfigured, "The Logic App may not read the directory: give its identity the role Directory Readers (guide 6.2.5)."),
    Rule::new(When::Code("MailConnectionRefused"), Class::Misconfigured, "The Logic App may not send mail: authorise its Office 365 connection (guide 6.2.6)."),
    Rule::new(When::Status(401), Class::AppCredentialRefused, REFUSED),
    Rule::new(When::Status(429), Class::Throttled, THROTTLED),
    Rule::new(When::ServerError, Class::Unavailable, NOT_TAKEN_YET),
    Rule::new(When::Unreachable, Class::Unavailable, NOT_GONE_OUT),
    Rule::new(When::NoAnswer, Class::Unavailable, MAYBE_GONE_OUT),
    Rule::new(When::Anything, Class::Unexpected, NOT_TAKEN),
]);

const REFUSED: &str = "The way the PIN goes refuses our credentials: check them.";
const THROTTLED: &str = "The way the PIN goes throttles; the next run goes on.";
const NOT_TAKEN_YET: &str = "The PIN was not taken; the next run tries again, without registering again.";
const NOT_GONE_OUT: &str = "The PIN has not gone out; the next run tries again.";
const MAYBE_GONE_OUT: &str =
    "The PIN may or may not have gone out; the next run sends it again under the same message id.";
const NOT_TAKEN: &str = "The PIN was not taken: check the way it goes (Logic App run history, mail server log).";

/// Templates that cannot be rendered.
pub const TEMPLATES: FailureTable =
    FailureTable::new(Party::PinDelivery, &[Rule::new(When::Anything, Class::Unexpected, NOT_TAKEN)]);

pub(crate) const PARTY: Party = Party::PinDelivery;
pub(crate) const OPERATION: Operation = Operation::DeliverPin;

pub(crate) fn failed(table: &FailureTable, kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure::new(table, OPERATION, kind, message)
}

/// The failure of an HTTP answer, with the error code and message of its body in the form that Graph and Logic Apps
/// share: `{"error": {"code", "message"}}`.
pub(crate) fn of_answer(table: &FailureTable, who: &str, answer: &Answer) -> Failure {
    let body: Value = answer.json().unwrap_or_default();
    let text = |name: &str| {
        let text = body.get("error")?.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| clean(text))
    };
    let code = text("code");
    let named = code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    let message = text("message").unwrap_or_else(|| "it gave no reason".into());
    answer.failure(table, OPERATION, code, format!("{who} answered {}{named}: {message}", answer.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_is_hidden() {
        for table in [SMTP, GRAPH, LOGIC_APP] {
            keyferry_testkit::failures::check_no_rule_is_hidden(&table);
        }
    }

    /// Whether a person who gets the PIN twice may wonder.
    #[test]
    fn a_pin_that_was_certainly_not_sent_is_told_from_one_that_may_have_been() {
        for table in [SMTP, GRAPH, LOGIC_APP] {
            let remedy = |kind| Failure::new(&table, Operation::DeliverPin, kind, "no answer").remedy();
            assert!(remedy(FailureKind::Unreachable).starts_with("The PIN has not gone out"));
            for kind in [FailureKind::TimedOut, FailureKind::ConnectionLost] {
                assert!(remedy(kind).starts_with("The PIN may or may not have gone out"));
            }
        }
    }
}
