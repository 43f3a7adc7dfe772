//! The account of the mail server.

/// Sender address of mails, and user name on the SMTP ports.
pub(crate) const SENDER: &str = "keys@contoso.onmicrosoft.com";
/// Password of the account.
pub(crate) const SMTP_PASSWORD: &str = "sandbox-smtp-password";
