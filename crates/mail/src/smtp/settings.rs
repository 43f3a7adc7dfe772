//! Settings of the mail server.

use std::time::Duration;

use keyferry_settings::{Secret, fixed, parse, secret, setting, settings};
use lettre::message::Mailbox;

use crate::Error;
use crate::mail_from::mail_from;

settings! {
    /// Address of the mail server, TLS mode and sender.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SmtpSettings in "PIN delivery" {
        /// Host name of the mail server (`smtp`).
        pub host: String = setting("KEYFERRY_SMTP_HOST", parse::text)
            .expected("a host name")
            .example("smtp.contoso.example"),

        /// Port of the mail server.
        pub port: u16 = setting("KEYFERRY_SMTP_PORT", |text| parse::number(text, 1, u16::MAX))
            .default("587")
            .default_by("KEYFERRY_SMTP_TLS", &[("implicit", "465")])
            .otherwise("`587`, or `465` with `implicit`")
            .expected("a port")
            .example("2525"),

        /// How TLS starts. TLS cannot be disabled.
        pub tls: SmtpTls = setting("KEYFERRY_SMTP_TLS", |text| {
                parse::choice(text, &[("starttls", SmtpTls::StartTls), ("implicit", SmtpTls::Implicit)])
            })
            .default("starttls")
            .expected("`starttls` or `implicit`")
            .example("implicit"),

        /// Sender: `keys@contoso.example` or `Security keys <keys@contoso.example>`.
        pub from: String = mail_from(),

        /// Root certificates in addition to the system's; each PEM contains one or more certificates.
        pub extra_roots_pem: Vec<Vec<u8>> = fixed(Vec::new),

        /// Time limits of the sessions with the mail server.
        pub limits: SmtpLimits = fixed(SmtpLimits::default),
    }
}

settings! {
    /// Credentials for the mail server: both user and password, or neither.
    #[derive(Clone, Debug)]
    pub struct SmtpUserSettings in "PIN delivery" {
        /// User name at the mail server. Optional, for servers without authentication.
        pub user: Option<String> = setting("KEYFERRY_SMTP_USER", parse::text)
            .expected("a user name")
            .example("keys@contoso.example"),

        /// Password at the mail server.
        pub password: Option<Secret> = secret("KEYFERRY_SMTP_PASSWORD").expected("the password"),
    }
}

/// Time limits of the sessions with the mail server.
///
/// RFC 5321 section 4.5.3.2 recommends 2 to 10 minutes for each command. That is meant for relays with a queue. A PIN
/// waits for the next run anyway, and a server that accepts connections and does not answer must not keep a run
/// waiting. Only the message has a longer limit: a server may accept a message after the limit, and the next run would
/// then send the PIN again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmtpLimits {
    /// Connection, TLS handshake, greeting and `EHLO` together.
    pub connect: Duration,
    /// Authentication, and again all steps from `MAIL FROM` to `DATA`.
    pub command: Duration,
    /// The message, from its first byte to the server's reply.
    pub message: Duration,
    /// `NOOP`, before a session that was idle for a second is used again.
    pub probe: Duration,
    /// Time until an idle session is closed, at the latest after twice that time. Zero closes it after each mail.
    pub idle: Duration,
}

impl Default for SmtpLimits {
    /// The idle time is below the limits of usual servers (Exchange: 1 to 5 minutes; Postfix and Exim: 5 minutes).
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            command: Duration::from_secs(30),
            message: Duration::from_secs(60),
            probe: Duration::from_secs(5),
            idle: Duration::from_secs(15),
        }
    }
}

impl SmtpLimits {
    /// Returns these limits with none above `limit`.
    #[must_use]
    pub fn at_most(self, limit: Duration) -> Self {
        Self {
            connect: self.connect.min(limit),
            command: self.command.min(limit),
            message: self.message.min(limit),
            probe: self.probe.min(limit),
            idle: self.idle.min(limit),
        }
    }
}

impl SmtpSettings {
    /// Returns settings with the default port, the system's root certificates and the default time limits.
    pub fn new(host: impl Into<String>, tls: SmtpTls, from: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: tls.port(),
            tls,
            from: from.into(),
            extra_roots_pem: Vec::new(),
            limits: SmtpLimits::default(),
        }
    }

    pub(super) fn sender(&self) -> Result<Mailbox, Error> {
        self.from.trim().parse().map_err(|error| Error::Setting {
            what: "sender of PIN mails",
            problem: format!(
                "{:?} is not a mail address ({error}); example: Security keys <keys@contoso.example>",
                self.from
            ),
        })
    }
}

/// When TLS starts. There is no mode without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// After the command `STARTTLS` (RFC 3207), which the server must offer.
    StartTls,
    /// Immediately after connecting (RFC 8314 section 3).
    Implicit,
}

impl SmtpTls {
    /// Returns the default port: 587 (RFC 6409) or 465 (RFC 8314).
    pub fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Implicit => 465,
        }
    }
}
