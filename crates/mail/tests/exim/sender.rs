//! Helpers to send PIN mails to exim with [`SmtpDelivery`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::ports::PinNotice;
use keyferry_domain::{
    Clock, DeliveryId, EmailAddress, Failure, Language, Pin, PinDelivery, PinLength, SecretBytes, SerialNumber,
    ShipmentId, Timestamp, UserRef,
};
use keyferry_http::SecretSource;
use keyferry_mail::{MailTemplates, SmtpCredentials, SmtpDelivery, SmtpSettings, SmtpTls};

use super::server::{Exim, PASSWORD, USER};

pub(crate) const PIN: &str = "48213799";

/// Clock that is fixed at 2026-09-21T14:13:20Z.
struct FixedClock;

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

struct Password(&'static str);

#[async_trait]
impl SecretSource for Password {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(self.0.as_bytes().to_vec()))
    }
}

pub(crate) fn settings(exim: &Exim, tls: SmtpTls) -> SmtpSettings {
    let mut settings = SmtpSettings::new("localhost", tls, format!("Security keys <{USER}>"));
    settings.port = exim.port;
    settings.extra_roots_pem = vec![exim.authority.clone().into_bytes()];
    settings
}

pub(crate) fn sender(settings: SmtpSettings, password: Option<&'static str>) -> SmtpDelivery {
    sender_with(settings, password.map(|password| Arc::new(Password(password)) as Arc<dyn SecretSource>))
}

pub(crate) fn sender_with(settings: SmtpSettings, password: Option<Arc<dyn SecretSource>>) -> SmtpDelivery {
    let credentials = password.map(|password| SmtpCredentials { user: USER.into(), password });
    SmtpDelivery::new(settings, credentials, MailTemplates::load(None).unwrap(), Arc::new(FixedClock)).unwrap()
}

/// Returns a sender with STARTTLS and the correct password.
pub(crate) fn default_delivery(exim: &Exim) -> SmtpDelivery {
    sender(settings(exim, SmtpTls::StartTls), Some(PASSWORD))
}

/// Content of one mail.
#[derive(Clone)]
pub(crate) struct Notice<'a> {
    pub(crate) user_name: &'a str,
    pub(crate) serial: &'a str,
    pub(crate) delivery_id: &'a str,
    pub(crate) message_id: &'a str,
    pub(crate) addressees: &'a [&'a str],
}

impl Default for Notice<'_> {
    fn default() -> Self {
        Self {
            user_name: "Ada Lovelace",
            serial: "20123456",
            delivery_id: "8gYnYQk5vVqYzKqY1p2xTQ",
            message_id: "0196f0a0-0000-7000-8000-00000000000a.0",
            addressees: &["grace@contoso.example"],
        }
    }
}

/// Delivers, and asserts that a failure contains neither PIN nor password.
pub(crate) async fn deliver(delivery: &SmtpDelivery, notice: Notice<'_>) -> Result<(), Failure> {
    let addressees: Vec<_> = notice.addressees.iter().map(|text| EmailAddress::parse(text).unwrap()).collect();
    let length = PinLength::try_from(i64::try_from(PIN.len()).unwrap()).unwrap();
    let notice = PinNotice {
        shipment: ShipmentId::parse("0196f0a0-0000-7000-8000-00000000000a").unwrap(),
        delivery_id: &DeliveryId::new(notice.delivery_id),
        user: &UserRef::parse("ada@contoso.example").unwrap(),
        user_name: notice.user_name,
        language: Language::English,
        serial: &SerialNumber::new(notice.serial),
        pin: &Pin::new(PIN.to_owned().into(), length).ok().unwrap(),
        change_on_first_use: false,
        addressees: &addressees,
        message_id: notice.message_id,
    };
    let answer = delivery.deliver(&notice).await;
    if let Err(failure) = &answer {
        let shown = format!("{failure} {failure:?}");
        assert!(!shown.contains(PIN) && !shown.contains(PASSWORD), "{shown}");
    }
    answer
}
