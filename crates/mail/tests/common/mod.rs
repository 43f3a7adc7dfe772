//! Helpers shared by the tests of all kinds of PIN delivery.

use keyferry_domain::ports::PinNotice;
use keyferry_domain::{
    DeliveryId, EmailAddress, Failure, Language, Pin, PinDelivery, PinLength, SerialNumber, ShipmentId, UserRef,
};

pub(crate) const PIN: &str = "48213799";
pub(crate) const MESSAGE_ID: &str = "0196f0a0-0000-7000-8000-00000000000a.1";

/// Delivers a PIN to these addressees, and asserts that a failure does not contain it.
pub(crate) async fn deliver(delivery: &dyn PinDelivery, addressees: &[&str]) -> Result<(), Failure> {
    deliver_as(delivery, addressees, MESSAGE_ID).await
}

pub(crate) async fn deliver_as(
    delivery: &dyn PinDelivery,
    addressees: &[&str],
    message_id: &str,
) -> Result<(), Failure> {
    let user_name = "Ada \"Countess\" Lovelace";
    let about = About { user_name, serial: "20123456", delivery_id: "8gYnYQk5vVqYzKqY1p2xTQ" };
    deliver_about(delivery, &about, addressees, message_id).await
}

/// Values of a message that come from the directory or the delivery service.
pub(crate) struct About<'a> {
    pub(crate) user_name: &'a str,
    pub(crate) serial: &'a str,
    pub(crate) delivery_id: &'a str,
}

pub(crate) async fn deliver_about(
    delivery: &dyn PinDelivery,
    about: &About<'_>,
    addressees: &[&str],
    message_id: &str,
) -> Result<(), Failure> {
    let addressees: Vec<_> = addressees.iter().map(|text| EmailAddress::parse(text).unwrap()).collect();
    let length = PinLength::try_from(i64::try_from(PIN.len()).unwrap()).unwrap();
    let notice = PinNotice {
        shipment: ShipmentId::parse("0196f0a0-0000-7000-8000-00000000000a").unwrap(),
        delivery_id: &DeliveryId::new(about.delivery_id),
        user: &UserRef::parse("ada@contoso.example").unwrap(),
        user_name: about.user_name,
        language: Language::English,
        serial: &SerialNumber::new(about.serial),
        pin: &Pin::new(PIN.to_owned().into(), length).ok().unwrap(),
        change_on_first_use: true,
        addressees: &addressees,
        message_id,
    };
    let answer = delivery.deliver(&notice).await;
    if let Err(failure) = &answer {
        let shown = format!("{failure} {failure:?}");
        assert!(!shown.contains(PIN), "{shown}");
    }
    answer
}
