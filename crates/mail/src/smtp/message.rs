//! Composition of the mail (RFC 5322).

use std::fmt;
use std::time::SystemTime;

use keyferry_domain::{EmailAddress, Failure, FailureKind, Timestamp};
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use url::Host;
use zeroize::Zeroizing;

use crate::failures::{SMTP, failed};
use crate::templates::Mail;

/// Mail (RFC 5322), with its envelope.
pub(super) struct Composed {
    pub(super) envelope: Envelope,
    pub(super) text: Zeroizing<String>,
}

/// Displays a mail as it follows `DATA`: with doubled dots at the start of lines, and its end (RFC 5321 section 4.5.2).
///
/// lettre's method for messages writes the end separately. The system then holds it back until the server acknowledges
/// the message, which the server's system delays by 40 ms.
pub(super) struct Transparent<'a>(pub(super) &'a str);

impl fmt::Display for Transparent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.0.split_inclusive("\r\n") {
            if line.starts_with('.') {
                f.write_str(".")?;
            }
            f.write_str(line)?;
        }
        let end = if self.0.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" };
        f.write_str(end)
    }
}

/// Composes the mail. Addresses and names go through typed headers, so that none of them can add a header line.
pub(super) fn compose(
    from: &Mailbox,
    mail: &Mail,
    addressees: &[EmailAddress],
    id: &str,
    now: Timestamp,
) -> Result<Composed, Failure> {
    let mut builder = Message::builder().from(from.clone()).date(SystemTime::from(now)).subject(mail.subject.as_str());
    for addressee in addressees {
        builder = builder.to(Mailbox::new(None, address(addressee.as_str())?));
    }
    let part = |kind, body: &Zeroizing<String>| {
        // Quoted-printable keeps the PIN readable. With base64, redaction would not find it where a server quotes the
        // body.
        SinglePart::builder()
            .header(kind)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(body.as_str().to_owned())
    };
    let text = part(ContentType::TEXT_PLAIN, &mail.text);
    let builder = builder
        .message_id(Some(message_id(id, from.email.domain())?))
        // RFC 3834 section 5: prevents automatic replies, which may quote the PIN.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into()))
        // The equivalent header of Exchange (MS-OXCMAIL section 2.2.3.2.14).
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All".into()));
    let composed = match &mail.html {
        Some(html) => {
            let html = part(ContentType::TEXT_HTML, html);
            builder.multipart(MultiPart::alternative().singlepart(text).singlepart(html))
        }
        None => builder.singlepart(text),
    };
    let message = composed.map_err(|error| wrong_request(format!("could not compose the mail: {error}")))?;
    let text = String::from_utf8(message.formatted())
        .map_err(|_| wrong_request("the composed mail is not UTF-8 text".into()))?;
    Ok(Composed { envelope: message.envelope().clone(), text: Zeroizing::new(text) })
}

fn address(text: &str) -> Result<Address, Failure> {
    text.parse().map_err(|error| {
        let message = format!("{text:?} is not a valid mail address ({error}); correct it and retry");
        failed(&SMTP, FailureKind::Found("wrong-addressee"), message)
    })
}

/// Returns `<left@domain>` (RFC 5322 section 3.6.4), with the domain in ASCII form.
fn message_id(left: &str, domain: &str) -> Result<String, Failure> {
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if left.is_empty() || left.len() > 200 || !left.chars().all(atom) {
        return Err(wrong_request("the message id of the mail is not valid in a Message-ID header".into()));
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
    fn doubles_dots_at_the_start_of_lines() {
        for (mail, sent) in [
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            (".\r\n..\r\na.\r\n\r\n.", "..\r\n...\r\na.\r\n\r\n..\r\n.\r\n"),
            ("a\r\r\n.\r\nQUIT\r\n", "a\r\r\n..\r\nQUIT\r\n.\r\n"),
            ("", "\r\n.\r\n"),
        ] {
            assert_eq!(Transparent(mail).to_string(), sent, "{mail:?}");
        }
    }

    #[test]
    fn message_id_uses_ascii_domain() {
        assert_eq!(message_id("0196-a.1", "weiß.example").unwrap(), "<0196-a.1@xn--wei-7ka.example>");
        assert_eq!(message_id("a", "contoso.example").unwrap(), "<a@contoso.example>");
        for left in ["", "a>\r\nBcc: x@y", "a b", "a@b"] {
            assert!(message_id(left, "contoso.example").is_err(), "{left:?}");
        }
    }
}
