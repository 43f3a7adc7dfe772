//! The one account.

/// Address that mails to people come from, and account of the SMTP ports.
pub(crate) const SENDER: &str = "keys@contoso.onmicrosoft.com";
/// Password of the account.
pub(crate) const SMTP_PASSWORD: &str = "sandbox-smtp-password";
