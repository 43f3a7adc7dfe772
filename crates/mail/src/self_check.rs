//! Self-check of PIN delivery (guide 7.1.3).

use async_trait::async_trait;
use keyferry_domain::ports::{CheckRequest, PinNotice, SelfCheck};
use keyferry_domain::{DeliveryId, Finding, Language, Pin, PinDelivery, PinLength, SerialNumber, UserRef};
use zeroize::Zeroizing;

use crate::{GraphDelivery, LogicAppDelivery, SmtpDelivery};

const CHECK: &str = "PIN delivery";

/// PIN of the test mail. It belongs to no key.
const TEST_PIN: &str = "00000000";

const MAIL_ACCEPTED: &str = "the service accepted a test mail";

#[async_trait]
impl SelfCheck for SmtpDelivery {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        vec![deliver_test_pin(self, "SMTP", MAIL_ACCEPTED, request).await]
    }
}

#[async_trait]
impl SelfCheck for GraphDelivery {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        vec![deliver_test_pin(self, "Graph sendMail", MAIL_ACCEPTED, request).await]
    }
}

#[async_trait]
impl SelfCheck for LogicAppDelivery {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        let accepted = "the Logic App accepted a test PIN (without a manager look-up, because a contact was given)";
        vec![deliver_test_pin(self, "Logic App", accepted, request).await]
    }
}

/// Sends a test PIN, which belongs to no key, if the request contains an address for it.
async fn deliver_test_pin(
    delivery: &dyn PinDelivery,
    name: &str,
    accepted: &str,
    request: &CheckRequest<'_>,
) -> Finding {
    let Some(address) = request.send_test_mail else {
        let todo = "Pass --send-test-mail ADDRESS to send a test mail with the PIN 00000000, which belongs to no key.";
        return Finding::not_examined(CHECK, format!("uses {name}; nothing was sent"), todo);
    };
    let Some(pin) =
        PinLength::try_from(8).ok().and_then(|length| Pin::new(Zeroizing::new(TEST_PIN.to_owned()), length).ok())
    else {
        return Finding::not_examined(CHECK, "could not create a test PIN", "Report this bug in Keyferry.");
    };
    let user = request.user.cloned().unwrap_or_else(|| UserRef::Upn("test-of-the-mail".to_owned()));
    let notice = PinNotice {
        shipment: request.probe,
        delivery_id: &DeliveryId::new("test-by-keyferry-doctor"),
        user: &user,
        user_name: &user.to_string(),
        language: Language::English,
        serial: &SerialNumber::new("00000000"),
        pin: &pin,
        change_on_first_use: false,
        addressees: std::slice::from_ref(address),
        message_id: &format!("{}.doctor", request.probe),
    };
    match delivery.deliver(&notice).await {
        Err(failure) => Finding::of_failure(CHECK, &failure),
        Ok(()) => Finding::ok(CHECK, format!("{accepted} for {address}; check that it arrives")),
    }
}
