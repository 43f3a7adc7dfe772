//! Classification of PIN delivery failures: one table for each kind of delivery.

use keyferry_domain::{Failure, FailureClass as Class, FailureKind, FailureTable, Operation, Party, Rule, When};
use keyferry_http::{Answer, clean, rules};
use serde_json::Value;

/// Failures of delivery by a mail server. Statuses are reply codes (RFC 5321 section 4.2, RFC 4954 section 6).
#[rustfmt::skip]
pub const SMTP: FailureTable = FailureTable::new(Party::PinDelivery, &[
    Rule::new(When::Code("starttls-not-offered"), Class::Misconfigured,
        "The mail server does not offer STARTTLS, and Keyferry does not send PINs unencrypted. Check host and port."),
    Rule::new(When::Code("sign-in-not-offered"), Class::Misconfigured,
        "The mail server does not offer authentication. Check host and port, or remove user and password."),
    Rule::new(When::Code("secret-unreadable"), Class::AppCredentialUnusable,
        "Could not read the mail server's password. Check its file."),
    Rule::new(When::Code("wrong-password-form"), Class::AppCredentialUnusable,
        "The mail server's password is not UTF-8 text. Correct it."),
    Rule::new(When::Code("sender-refused"), Class::Misconfigured,
        "The mail server refused the sender of PIN mails. Check KEYFERRY_MAIL_FROM, and that the account may use \
        that address."),
    Rule::new(When::Code("service-refused"), Class::Misconfigured,
        "The mail server refused to serve this machine or account. Check the mail server's log."),
    Rule::new(When::Code("mail-refused"), Class::Rejected,
        "The mail server refused the message permanently, not the addressee. Check the mail server's log."),
    Rule::new(When::Status(535), Class::AppCredentialRefused,
        "The mail server refused our credentials. Check user and password."),
    Rule::new(When::Status(421), Class::Unavailable, "The mail server is unavailable. The next run retries."),
    Rule::new(When::Status(450), Class::Unavailable, TEMPORARY),
    Rule::new(When::Status(451), Class::Unavailable, TEMPORARY),
    Rule::new(When::Status(452), Class::Unavailable, TEMPORARY),
    Rule::new(When::Status(530), Class::AppCredentialRefused,
        "The mail server requires authentication. Set user and password."),
    Rule::new(When::Status(534), Class::AppCredentialRefused,
        "The mail server does not accept this authentication method. Check user and password."),
    Rule::new(When::Status(538), Class::Misconfigured,
        "The mail server requires encryption before authentication. Check KEYFERRY_SMTP_TLS."),
    Rule::new(When::Status(551), Class::NoAddressee,
        "The mail server does not deliver to the addressee. Correct the mail address."),
    Rule::new(When::Status(552), Class::Rejected,
        "The addressee's mailbox is full, or the message is too large. Free space, or shorten the template."),
    Rule::new(When::Status(553), Class::NoAddressee,
        "The mail server refused the addressee's mail address as invalid. Correct it."),
    Rule::new(When::Status(554), Class::Rejected,
        "The mail server refused the message permanently (554). Check the mail server's log."),
    Rule::new(When::Status(550), Class::NoAddressee,
        "The mail server does not know the addressee. Correct the mail address."),
    Rule::new(When::ServerError, Class::Unavailable, NOT_ACCEPTED_YET),
    Rule::new(When::Unreachable, Class::Unavailable, NOT_SENT),
    Rule::new(When::NoAnswer, Class::Unavailable, MAYBE_SENT),
    Rule::new(When::Anything, Class::Unexpected, "The PIN was not accepted. Check the mail server's log."),
]);

/// Failures of delivery by Graph `sendMail`.
#[rustfmt::skip]
pub const GRAPH: FailureTable = FailureTable::new(Party::PinDelivery, &[
    rules::ANOTHER_CALL,
    rules::CERTIFICATE,
    Rule::new(When::Status(401), Class::AppCredentialRefused,
        "Microsoft Graph refused the connector's token. Check tenant, endpoint and app registration."),
    Rule::new(When::Status(429), Class::Throttled, THROTTLED),
    Rule::new(When::ServerError, Class::Unavailable, NOT_ACCEPTED_YET),
    Rule::new(When::Unreachable, Class::Unavailable, NOT_SENT),
    Rule::new(When::NoAnswer, Class::Unavailable, MAYBE_SENT),
    Rule::new(When::Anything, Class::Unexpected,
        "The PIN was not accepted. Check the permission Mail.Send, KEYFERRY_MAIL_FROM and the addressee."),
]);

/// Failures of delivery by the guide's Logic App. The codes are those of the workflow in `deploy/`.
#[rustfmt::skip]
pub const LOGIC_APP: FailureTable = FailureTable::new(Party::PinDelivery, &[
    rules::CERTIFICATE,
    Rule::new(When::Code("Request_ResourceNotFound"), Class::NoAddressee,
        "The directory has no such user, or the user has no manager. Correct it; every run looks it up again."),
    Rule::new(When::Code("ManagerWithoutMail"), Class::NoAddressee,
        "The user's manager has no mail address. Set one, or assign another manager; every run looks it up again."),
    Rule::new(When::Code("ManagerIsUser"), Class::NoAddressee,
        "The manager's mail address is the user's own, so that key and PIN would reach the same person. Assign another \
        manager; every run looks it up again."),
    Rule::new(When::Code("ContactIsUser"), Class::NoAddressee,
        "A contact of the order is one of the user's own addresses, so that key and PIN would reach the same person. \
        If the address is another person's, correct the directory; every run checks it again. Otherwise delete the \
        passkey, and order another key with other contacts."),
    Rule::new(When::Code("ManagerLookupRefused"), Class::Misconfigured,
        "The Logic App cannot read the directory. Assign its identity the role Directory Readers (guide 6.2.5)."),
    Rule::new(When::Code("MailConnectionRefused"), Class::Misconfigured,
        "The Logic App cannot send mail. Authorise its Office 365 connection (guide 6.2.6), or with pinSenderMailbox \
        grant Mail.Send to its identity."),
    Rule::new(When::Status(401), Class::AppCredentialRefused,
        "The Logic App refused the call. Check SEND_PIN_URL, which contains the app's signature, or with \
        KEYFERRY_SEND_PIN_AUDIENCE the trigger's policy."),
    Rule::new(When::Status(403), Class::Misconfigured,
        "The Logic App refused the call. Check the policy of its trigger, and its allowed addresses."),
    Rule::new(When::Status(429), Class::Throttled, THROTTLED),
    Rule::new(When::ServerError, Class::Unavailable, NOT_ACCEPTED_YET),
    Rule::new(When::Unreachable, Class::Unavailable, NOT_SENT),
    Rule::new(When::NoAnswer, Class::Unavailable, MAYBE_SENT),
    Rule::new(When::Anything, Class::Unexpected, "The PIN was not accepted. Check the Logic App's run history."),
]);

const TEMPORARY: &str = "The mail server refused the message temporarily. The next run retries.";
const THROTTLED: &str = "The service that delivers PINs is throttling. The next run retries.";
const NOT_ACCEPTED_YET: &str = "The PIN was not accepted. The next run retries, without registering the key again.";
const NOT_SENT: &str = "The PIN was not sent. The next run retries.";
const MAYBE_SENT: &str = "The PIN may have been sent. The next run sends it again with the same message id.";

/// Failures of rendering templates.
#[rustfmt::skip]
pub const TEMPLATES: FailureTable = FailureTable::new(Party::PinDelivery, &[
    Rule::new(When::Anything, Class::Unexpected,
        "Keyferry could not render the template, so the PIN was not sent. Correct the template (KEYFERRY_TEMPLATES)."),
]);

pub(crate) const PARTY: Party = Party::PinDelivery;
pub(crate) const OPERATION: Operation = Operation::DeliverPin;

pub(crate) fn failed(table: &FailureTable, kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure::new(table, OPERATION, kind, message)
}

/// Returns the failure for an HTTP answer. Error code and message come from the body, in the form that Graph and Logic
/// Apps share: `{"error": {"code", "message"}}`.
pub(crate) fn of_answer(table: &FailureTable, who: &str, answer: &Answer) -> Failure {
    let body: Value = answer.json().unwrap_or_default();
    let text = |name: &str| {
        let text = body.get("error")?.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| clean(text))
    };
    let code = text("code");
    let named = code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    let message = text("message").unwrap_or_else(|| "no reason given".into());
    answer.failure(table, OPERATION, code, format!("{who} answered {}{named}: {message}", answer.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_reachable() {
        for table in [SMTP, GRAPH, LOGIC_APP] {
            keyferry_testkit::failures::check_every_rule_is_reachable(&table);
        }
    }

    /// An addressee may receive the PIN twice only in the second case.
    #[test]
    fn remedy_distinguishes_not_sent_from_maybe_sent() {
        for table in [SMTP, GRAPH, LOGIC_APP] {
            let remedy = |kind| Failure::new(&table, Operation::DeliverPin, kind, "no answer").remedy();
            assert!(remedy(FailureKind::Unreachable).starts_with("The PIN was not sent"));
            for kind in [FailureKind::TimedOut, FailureKind::ConnectionLost] {
                assert!(remedy(kind).starts_with("The PIN may have been sent"));
            }
        }
    }
}
