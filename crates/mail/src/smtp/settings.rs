//! Which mail server, and how it is talked to.

use std::time::Duration;

use keyferry_settings::{Secret, fixed, parse, secret, setting, settings};
use lettre::message::Mailbox;

use crate::Error;
use crate::mail_from::mail_from;

settings! {
    /// Which mail server, and how it is talked to.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SmtpSettings in "PIN delivery" {
        /// Mail server for `smtp`.
        pub host: String = setting("KEYFERRY_SMTP_HOST", parse::text)
            .expected("a host name")
            .example("smtp.contoso.example"),

        /// Its port.
        pub port: u16 = setting("KEYFERRY_SMTP_PORT", |text| parse::number(text, 1, u16::MAX))
            .default("587")
            .default_by("KEYFERRY_SMTP_TLS", &[("implicit", "465")])
            .otherwise("`587`, or `465` with `implicit`")
            .expected("a port")
            .example("2525"),

        /// How TLS begins. There is no way without.
        pub tls: SmtpTls = setting("KEYFERRY_SMTP_TLS", |text| {
                parse::choice(text, &[("starttls", SmtpTls::StartTls), ("implicit", SmtpTls::Implicit)])
            })
            .default("starttls")
            .expected("`starttls` or `implicit`")
            .example("implicit"),

        /// Sender: `keys@contoso.example` or `Security keys <keys@contoso.example>`.
        pub from: String = mail_from(),

        /// Root certificates beside the system's, each PEM with one or more certificates.
        pub extra_roots_pem: Vec<Vec<u8>> = fixed(Vec::new),

        /// For everything up to the mail itself, and once more for the mail.
        pub timeout: Duration = fixed(|| TIMEOUT),
    }
}

settings! {
    /// How the connector authenticates at the mail server: with both, or not at all.
    #[derive(Clone, Debug)]
    pub struct SmtpUserSettings in "PIN delivery" {
        /// User for the mail server; none for a server that asks for none.
        pub user: Option<String> = setting("KEYFERRY_SMTP_USER", parse::text)
            .expected("a user name")
            .example("keys@contoso.example"),

        /// Password for the mail server.
        pub password: Option<Secret> = secret("KEYFERRY_SMTP_PASSWORD").expected("the password"),
    }
}

const TIMEOUT: Duration = Duration::from_secs(60);

impl SmtpSettings {
    /// Settings with the usual port, the system's roots and 60 s.
    pub fn new(host: impl Into<String>, tls: SmtpTls, from: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: tls.port(),
            tls,
            from: from.into(),
            extra_roots_pem: Vec::new(),
            timeout: TIMEOUT,
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
