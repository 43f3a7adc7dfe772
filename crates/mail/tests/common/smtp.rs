//! Helpers for delivery by SMTP to the scripted server.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Failure, SecretBytes, Timestamp};
use keyferry_http::SecretSource;
use keyferry_mail::{MailTemplates, SmtpCredentials, SmtpDelivery, SmtpSettings, SmtpTls};

use crate::common::deliver;
use crate::mail_server::{MailServer, Script};

pub(crate) const MANAGER: &[&str] = &["grace@contoso.example"];

/// Clock that is fixed at 2026-09-21T14:13:20Z.
pub(crate) struct FixedClock;

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

struct Password(String);

#[async_trait]
impl SecretSource for Password {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(self.0.clone().into_bytes()))
    }
}

pub(crate) fn settings(server: &MailServer, tls: SmtpTls) -> SmtpSettings {
    let mut settings = SmtpSettings::new("localhost", tls, "Security keys <keys@contoso.example>");
    settings.port = server.port;
    settings.extra_roots_pem = vec![server.ca_pem.clone()];
    settings
}

pub(crate) fn delivery(settings: SmtpSettings, password: Option<&str>) -> SmtpDelivery {
    let credentials = password.map(|password| SmtpCredentials {
        user: "keys@contoso.example".into(),
        password: Arc::new(Password(password.to_owned())),
    });
    SmtpDelivery::new(settings, credentials, MailTemplates::load(None).unwrap(), Arc::new(FixedClock)).unwrap()
}

/// Delivers by STARTTLS to a server that follows the script.
pub(crate) async fn delivered(script: Script) -> (Result<(), Failure>, MailServer) {
    let script_hangs = script.hangs_at.is_some();
    let server = MailServer::start(script).await;
    let mut settings = settings(&server, SmtpTls::StartTls);
    if script_hangs {
        settings.limits = settings.limits.at_most(Duration::from_secs(2));
    }
    let answer = deliver(&delivery(settings, Some("pass word")), MANAGER).await;
    (answer, server)
}
