//! Setting `KEYFERRY_MAIL_FROM`, which `smtp` and `graph` share.

use keyferry_domain::EmailAddress;
use keyferry_settings::{Setting, setting};

pub(crate) fn mail_from() -> Setting<String> {
    let address = |text: &str| match EmailAddress::parse(text) {
        Ok(address) => Ok(address.as_str().to_owned()),
        Err(error) => Err(error.to_string().into()),
    };
    setting("KEYFERRY_MAIL_FROM", address)
        .expected("a mail address")
        .example("keys@contoso.example")
        .meaning("Sender of PIN mails (`smtp`), or the sending mailbox (`graph`).")
}
