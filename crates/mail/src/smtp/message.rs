//! The mail as it goes over the wire.

use std::time::SystemTime;

use keyferry_domain::ports::PinNotice;
use keyferry_domain::{Failure, FailureKind, Timestamp};
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use url::Host;
use zeroize::Zeroizing;

use crate::failures::{SMTP, failed};
use crate::templates::Mail;

/// A mail with its envelope.
pub(super) struct Composed {
    pub(super) envelope: Envelope,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// Writes the mail. Addresses and names go through typed headers, so that none can add a line of its own.
pub(super) fn compose(
    from: &Mailbox,
    mail: &Mail,
    notice: &PinNotice<'_>,
    now: Timestamp,
) -> Result<Composed, Failure> {
    let mut builder = Message::builder().from(from.clone()).date(SystemTime::from(now)).subject(mail.subject.as_str());
    for addressee in notice.addressees {
        builder = builder.to(Mailbox::new(None, address(addressee.as_str())?));
    }
    let text = (ContentType::TEXT_PLAIN, &mail.text);
    let html = (ContentType::TEXT_HTML, &mail.html);
    let [text, html] = [text, html].map(|(kind, body)| {
        // Quoted-printable leaves the PIN readable, so that it is found and taken out where a server quotes the body.
        SinglePart::builder()
            .header(kind)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(body.as_str().to_owned())
    });
    let message = builder
        .message_id(Some(message_id(notice.message_id, from.email.domain())?))
        // RFC 3834 section 5: keeps answering machines from quoting the PIN back.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into()))
        // Exchange's own word for the same (MS-OXCMAIL section 2.2.3.2.14).
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All".into()))
        .multipart(MultiPart::alternative().singlepart(text).singlepart(html))
        .map_err(|error| wrong_request(format!("the PIN mail cannot be written: {error}")))?;
    Ok(Composed { envelope: message.envelope().clone(), bytes: Zeroizing::new(message.formatted()) })
}

fn address(text: &str) -> Result<Address, Failure> {
    text.parse().map_err(|error| {
        let message = format!("{text:?} is no address that a mail server takes ({error}); correct it and try again");
        failed(&SMTP, FailureKind::Found("wrong-addressee"), message)
    })
}

/// `<left@domain>` (RFC 5322 section 3.6.4), the domain in its ASCII form.
fn message_id(left: &str, domain: &str) -> Result<String, Failure> {
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if left.is_empty() || left.len() > 200 || !left.chars().all(atom) {
        return Err(wrong_request("the message id of the PIN mail does not fit a Message-ID header".into()));
    }
    let domain = Host::parse(domain).map_or_else(|_| domain.to_owned(), |host| host.to_string());
    Ok(format!("<{left}@{domain}>"))
}

fn wrong_request(message: String) -> Failure {
    failed(&SMTP, FailureKind::Found("wrong-request"), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_id_has_the_senders_domain_in_ascii() {
        assert_eq!(message_id("0196-a.1", "weiß.example").unwrap(), "<0196-a.1@xn--wei-7ka.example>");
        assert_eq!(message_id("a", "contoso.example").unwrap(), "<a@contoso.example>");
        for left in ["", "a>\r\nBcc: x@y", "a b", "a@b"] {
            assert!(message_id(left, "contoso.example").is_err(), "{left:?}");
        }
    }
}
