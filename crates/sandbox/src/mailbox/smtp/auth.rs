//! AUTH PLAIN (RFC 4616) and LOGIN, the two mechanisms that all common clients support.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::mailbox::account::{SENDER, SMTP_PASSWORD};

/// Returns whether a PLAIN response has the account's name and password.
///
/// The response is base64 of `[authzid] NUL authcid NUL password`. The authzid is ignored.
pub(super) fn plain(answer: &str) -> bool {
    let Some(decoded) = decode(answer) else { return false };
    let parts: Vec<_> = decoded.split('\0').collect();
    matches!(parts.as_slice(), [_, user, password] if is_account(user, password))
}

/// Returns whether the two LOGIN responses, each in base64, are the account's name and password.
pub(super) fn login(user: &str, password: &str) -> bool {
    match (decode(user), decode(password)) {
        (Some(user), Some(password)) => is_account(&user, &password),
        _ => false,
    }
}

/// The user name is an address, so its case is ignored.
fn is_account(user: &str, password: &str) -> bool {
    user.eq_ignore_ascii_case(SENDER) && password == SMTP_PASSWORD
}

fn decode(text: &str) -> Option<String> {
    STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str) -> String {
        STANDARD.encode(text)
    }

    #[test]
    fn accepts_only_the_account() {
        assert!(plain(&encode("\0keys@contoso.onmicrosoft.com\0sandbox-smtp-password")));
        assert!(!plain(&encode("\0keys@contoso.onmicrosoft.com\0wrong")));
        assert!(!plain(&encode("\0keys@contoso.onmicrosoft.com")) && !plain("*") && !plain(""));
        assert!(login(&encode(SENDER), &encode(SMTP_PASSWORD)));
        assert!(!login(&encode(SENDER), &encode("")) && !login(SENDER, SMTP_PASSWORD));
    }
}
