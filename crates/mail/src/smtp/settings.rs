//! Which mail server, and how it is talked to.

use std::time::Duration;

use lettre::message::Mailbox;

use crate::Error;

/// Which mail server, and how it is talked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    /// Name or address of the server; its certificate must be for it.
    pub host: String,
    /// Port, usually [`SmtpTls::port`].
    pub port: u16,
    /// When TLS begins.
    pub tls: SmtpTls,
    /// Sender: `keys@contoso.example` or `Security keys <keys@contoso.example>`.
    pub from: String,
    /// Root certificates beside the system's, each PEM with one or more certificates.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// For everything up to the mail itself, and once more for the mail.
    pub timeout: Duration,
}

impl SmtpSettings {
    /// Settings with the usual port, the system's roots and 60 s.
    pub fn new(host: impl Into<String>, tls: SmtpTls, from: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: tls.port(),
            tls,
            from: from.into(),
            extra_roots_pem: Vec::new(),
            timeout: Duration::from_secs(60),
        }
    }

    pub(super) fn sender(&self) -> Result<Mailbox, Error> {
        self.from.trim().parse().map_err(|error| Error::Setting {
            what: "the sender of PIN mails",
            problem: format!(
                "{:?} is not a mail address ({error}); expected the form Security keys <keys@contoso.example>",
                self.from
            ),
        })
    }
}

/// When TLS begins. There is no mode without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// After `STARTTLS` (RFC 3207), which the server must offer.
    StartTls,
    /// At once (RFC 8314 section 3).
    Implicit,
}

impl SmtpTls {
    /// The usual port: 587 (RFC 6409) or 465 (RFC 8314).
    pub fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Implicit => 465,
        }
    }
}
