//! Decoding of received mails.

use mail_parser::{Address, MessageParser, PartType};

use crate::mailbox::store::{Header, Incoming, Via};

/// Decodes a mail. `sender` and `recipients` are those of the SMTP envelope.
pub(super) fn decode(raw: &[u8], sender: &str, recipients: &[String]) -> Option<Incoming> {
    let message = MessageParser::default().parse(raw)?;
    let first = |address: &Address<'_>| address.first().and_then(|one| one.address()).map(str::to_owned);
    // Match the part types: the library would otherwise convert text to HTML, and HTML to text.
    let text = message.text_bodies().find_map(|part| match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        _ => None,
    });
    let html = message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html.to_string()),
        _ => None,
    });
    Some(Incoming {
        via: Via::Smtp,
        to: recipients.to_vec(),
        from: message.from().and_then(first).unwrap_or_else(|| sender.to_owned()),
        subject: message.subject().unwrap_or_default().to_owned(),
        text,
        html,
        message_id: message.message_id().map(|id| format!("<{id}>")),
        headers: message
            .headers_raw()
            .map(|(name, value)| Header { name: name.to_owned(), value: value.trim().to_owned() })
            .filter(Header::is_custom)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_encoded_words_and_both_bodies() {
        let raw = "From: =?UTF-8?Q?Schl=C3=BCssel?= <keys@example.com>\r\nTo: a@example.com\r\n\
            Subject: =?UTF-8?B?UElOIGbDvHIgSsO8cmdlbg==?=\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n\
            X-Trace: abc\r\n\
            Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\nHallo J=C3=BCrgen\r\n--x\r\n\
            Content-Type: text/html\r\n\r\n<p>Hallo</p>\r\n--x--\r\n";
        let mail = decode(raw.as_bytes(), "bounce@example.com", &["b@example.com".to_owned()]).unwrap();
        assert_eq!(mail.from, "keys@example.com");
        assert_eq!(mail.to, ["b@example.com"]);
        assert_eq!(mail.subject, "PIN für Jürgen");
        assert_eq!(mail.text.unwrap().trim_end(), "Hallo Jürgen");
        assert_eq!(mail.html.unwrap().trim_end(), "<p>Hallo</p>");
        assert_eq!(mail.message_id.unwrap(), "<1@example.com>");
        let headers: Vec<_> = mail.headers.iter().map(|header| (&*header.name, &*header.value)).collect();
        assert_eq!(headers, [("X-Trace", "abc")]);
    }

    #[test]
    fn does_not_convert_text_to_html() {
        let mail = decode(b"Subject: x\r\n\r\nhello\r\n", "s@example.com", &[]).unwrap();
        assert_eq!((mail.from.as_str(), mail.html), ("s@example.com", None));
    }
}
