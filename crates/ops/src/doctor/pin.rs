//! The way the PIN goes (guide 7.1.3).

use keyferry_domain::ports::{Addressing, PinNotice};
use keyferry_domain::{FulfilmentId, Pin, PinLength, SerialNumber, ShipmentId, UserRef};
use zeroize::Zeroizing;

use super::{Finding, Patient};

const CHECK: &str = "PIN delivery";

/// A PIN that opens nothing: there is no key with it.
const NO_PIN: &str = "00000000";

pub(super) async fn way(patient: &Patient) -> Finding {
    let Some(address) = &patient.questions.send_test_mail else {
        let todo = "Give an address with --send-test-mail: it gets a mail with the PIN 00000000 of no key.";
        return Finding::not_examined(CHECK, format!("it goes by {}; nothing was sent", patient.pin_by), todo);
    };
    let ports = &patient.ports;
    let Some(pin) =
        PinLength::try_from(8).ok().and_then(|length| Pin::new(Zeroizing::new(NO_PIN.to_owned()), length).ok())
    else {
        return Finding::not_examined(CHECK, "no PIN could be made up", "This is a defect of keyferry.");
    };
    let shipment = ShipmentId::new(ports.clock.now(), ports.entropy.as_ref());
    let user = patient.questions.user.clone().unwrap_or_else(|| UserRef::Upn("test-of-the-mail".to_owned()));
    let name = user.to_string();
    let notice = PinNotice {
        shipment,
        fulfilment_id: &FulfilmentId::new("test-by-keyferry-doctor"),
        user: &user,
        user_name: &name,
        serial: &SerialNumber::new("00000000"),
        pin: &pin,
        change_on_first_use: false,
        addressees: std::slice::from_ref(address),
        message_id: &format!("{shipment}.doctor"),
    };
    match ports.pin_delivery.deliver(&notice).await {
        Err(failure) => Finding::of_failure(CHECK, &failure),
        Ok(()) => {
            let told = match ports.pin_delivery.addressing() {
                Addressing::Resolved => "the next one in line took a mail",
                Addressing::ByTheOtherSide => {
                    "the Logic App took a PIN (no manager was looked up, since a contact was named)"
                }
            };
            Finding::ok(CHECK, format!("{told} for {address}: see whether it arrives"))
        }
    }
}
