//! PIN delivery by a mail server.

mod conversation;
mod failure;
mod message;
mod plain_stream;
mod sessions;
mod settings;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::{Addressing, LinkNotice, PersonNotice, PinNotice, ReleaseNotice, Told};
use keyferry_domain::{Clock, EmailAddress, Failure, FailureKind, PinDelivery};
use keyferry_http::measure::{CallLabels, Outcome, measured};
use keyferry_http::{Hidden, SecretSource};
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;

use self::conversation::MailServer;
use self::failure::{Cause, SessionFailure};
pub use self::settings::{SmtpLimits, SmtpSettings, SmtpTls, SmtpUserSettings};
use crate::failures::{OPERATION, PARTY, SMTP, failed};
use crate::templates::Mail;
use crate::{Error, MailTemplates, person_mail};

/// Sends PIN mails by a mail server. Always uses TLS and verifies the server's certificate (RFC 3207, RFC 8314).
/// Sessions stay open between mails for some seconds.
pub struct SmtpDelivery {
    server: MailServer,
    from: Mailbox,
    credentials: Option<SmtpCredentials>,
    templates: MailTemplates,
    clock: Arc<dyn Clock>,
}

/// Credentials for the mail server.
#[derive(Clone)]
pub struct SmtpCredentials {
    /// User name.
    pub user: String,
    /// Source of the password, read for each mail.
    pub password: Arc<dyn SecretSource>,
}

impl SmtpDelivery {
    /// Creates the sender without connecting to the server. Without `credentials` the server must accept mails from
    /// this machine without authentication. `clock` provides the date of the mails.
    ///
    /// # Errors
    /// [`Error::Setting`] if sender, host or an extra root certificate is invalid.
    pub fn new(
        settings: SmtpSettings,
        credentials: Option<SmtpCredentials>,
        templates: MailTemplates,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let from = settings.sender()?;
        Ok(Self { server: MailServer::new(settings)?, from, credentials, templates, clock })
    }

    async fn send(&self, mail: &Mail, to: &[EmailAddress], id: &str, mut hidden: Hidden) -> Result<(), Failure> {
        let message = message::compose(&self.from, mail, to, id, self.clock.now())?;
        let credentials = self.credentials(&mut hidden).await?;
        let asked = CallLabels { party: PARTY, operation: OPERATION };
        let sending = self.server.send(&message, credentials.as_ref());
        let sent = measured(Some(asked), sending, None, |sent| (outcome(sent.as_ref().err()), None)).await;
        sent.map_err(|failure| failure.into_failure(self.server.name(), &hidden))
    }

    async fn credentials(&self, hidden: &mut Hidden) -> Result<Option<Credentials>, Failure> {
        let Some(SmtpCredentials { user, password }) = &self.credentials else { return Ok(None) };
        let secret = password.secret().await?;
        let password = std::str::from_utf8(secret.expose()).map_err(|_| {
            failed(&SMTP, FailureKind::Found("wrong-password-form"), "the mail server's password is not UTF-8 text")
        })?;
        hidden.add(password);
        Ok(Some(Credentials::new(user.clone(), password.to_owned())))
    }
}

#[async_trait]
impl PinDelivery for SmtpDelivery {
    fn addressing(&self) -> Addressing {
        Addressing::Resolved
    }

    /// Sends one mail to all addressees. If the server refuses one addressee, the mail is not sent to any.
    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        let mail = self.templates.render(notice)?;
        let mut hidden = Hidden::default();
        hidden.add(notice.pin.expose());
        self.send(&mail, notice.addressees, notice.message_id, hidden).await?;
        keyferry_http::measure::count_delivered_pin("smtp");
        tracing::info!(
            shipment = %notice.shipment,
            server = self.server.name(),
            message_id = notice.message_id,
            "handed PIN mail to mail server"
        );
        Ok(())
    }

    async fn deliver_link(&self, notice: &LinkNotice<'_>) -> Result<(), Failure> {
        let mail = self.templates.render_link(notice)?;
        let mut hidden = Hidden::default();
        hidden.add(notice.link);
        self.send(&mail, notice.addressees, notice.message_id, hidden).await?;
        tracing::info!(
            shipment = %notice.shipment,
            server = self.server.name(),
            message_id = notice.message_id,
            "handed mail with link to PIN to mail server"
        );
        Ok(())
    }

    async fn mail_person(&self, notice: &PersonNotice<'_>) -> Result<(), Failure> {
        let mail = self.templates.render_person(notice)?;
        let mut hidden = Hidden::default();
        person_mail::links(notice).into_iter().for_each(|link| hidden.add(link));
        self.send(&mail, std::slice::from_ref(notice.addressee), notice.message_id, hidden).await?;
        tracing::info!(
            shipment = %notice.shipment,
            server = self.server.name(),
            mail = person_mail::name(notice),
            message_id = notice.message_id,
            "handed mail to person to mail server"
        );
        Ok(())
    }

    async fn tell_released(&self, notice: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        let mail = self.templates.render_released(notice)?;
        self.send(&mail, notice.addressees, notice.message_id, Hidden::default()).await?;
        tracing::info!(shipment = %notice.shipment, "handed mail to previous addressee to mail server");
        Ok(Told::Sent)
    }
}

fn outcome(failure: Option<&SessionFailure>) -> Outcome {
    match failure.map(|failure| &failure.cause) {
        None => Outcome::Success,
        Some(Cause::Smtp(error)) if error.is_permanent() => Outcome::Refused,
        Some(Cause::Smtp(error)) if error.is_transient() => Outcome::Unavailable,
        Some(Cause::TimedOut | Cause::NoRoute(_) | Cause::Smtp(_)) => Outcome::NoResponse,
        Some(_) => Outcome::Refused,
    }
}

impl fmt::Debug for SmtpDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpDelivery").field("server", &self.server.name()).finish_non_exhaustive()
    }
}
