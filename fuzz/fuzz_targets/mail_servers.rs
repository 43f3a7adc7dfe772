//! Fuzzes the plain-text answers of an impostor mail server: the PIN must never be delivered.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use keyferry_domain::ports::PinNotice;
use keyferry_domain::{
    DeliveryId, EmailAddress, Language, Pin, PinDelivery as _, PinLength, SerialNumber, ShipmentId, UserRef,
};
use keyferry_fuzz::{Loopback, RUNTIME, TestDoubles, assert_fit};
use keyferry_mail::{MailTemplates, SmtpDelivery, SmtpSettings, SmtpTls};
use libfuzzer_sys::fuzz_target;

static LOOPBACK: LazyLock<Loopback> = LazyLock::new(|| Loopback::start(true));

static DELIVERY: LazyLock<SmtpDelivery> = LazyLock::new(|| {
    let mut settings = SmtpSettings::new("127.0.0.1", SmtpTls::StartTls, "keys@contoso.example");
    settings.port = LOOPBACK.port;
    settings.limits = settings.limits.at_most(Duration::from_secs(5));
    SmtpDelivery::new(settings, None, MailTemplates::load(None).expect("templates"), Arc::new(TestDoubles))
        .expect("a PIN delivery")
});

fuzz_target!(|data: &[u8]| {
    // See `answers`.
    if data.windows(4).any(|window| window == b"HUSH") {
        return;
    }
    LOOPBACK.set_answer(data);
    let notice = PinNotice {
        shipment: ShipmentId::parse("019e7044-8be8-7101-8101-010101010101").expect("an id"),
        delivery_id: &DeliveryId::new("8gYnYQk5vVqYzKqY1p2xTQ"),
        user: &UserRef::parse("ada@contoso.example").expect("a user"),
        user_name: "Ada",
        language: Language::English,
        serial: &SerialNumber::new("20123456"),
        pin: &Pin::new("482137".to_owned().into(), PinLength::try_from(6).expect("a length")).ok().expect("a PIN"),
        change_on_first_use: false,
        addressees: &[EmailAddress::parse("grace@contoso.example").expect("an address")],
        message_id: "0196f0a0.0",
    };
    let failure = RUNTIME.block_on(DELIVERY.deliver(&notice)).expect_err("delivered to an impostor");
    assert_fit(&failure);
});
