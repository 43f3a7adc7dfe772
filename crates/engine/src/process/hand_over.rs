//! Registered: the PIN, to its addressee.

use chrono::TimeDelta;
use keyferry_domain::ports::{FulfilledItem, FulfilmentStatus, PinNotice};
use keyferry_domain::{
    Change, Common, Failure, FailureKind, Hardware, In, Key, Note, Operation, Party, Registered, SerialNumber,
    ShipmentId,
};

use super::advance::Step;
use super::fulfil::{found, refuse_failed};
use crate::Engine;
use crate::verify::factory;

/// How long a comparison of the name with the person stays good.
const COMPARISON_HOLDS: TimeDelta = TimeDelta::minutes(10);

/// Which attempts share a message id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessageClass {
    /// All automatic ones.
    Automatic,
    /// One resend by a person.
    Resend(ShipmentId),
}

impl MessageClass {
    fn id(&self, shipment: ShipmentId, key: usize) -> String {
        match self {
            Self::Automatic => format!("{shipment}.{key}"),
            Self::Resend(resend) => format!("{shipment}.{key}.{resend}"),
        }
    }
}

impl Engine {
    pub(super) async fn hand_over_pins(&self, it: In<Registered>, status: Option<FulfilmentStatus>) -> Step {
        match self.send_pins(it.phase(), &it, status, &MessageClass::Automatic).await {
            Ok(to) => {
                let detail = format!("registered, and the PIN was handed over for {to}");
                Step::On(it.complete(Note::new(self.ports.clock.now(), detail)), None)
            }
            Err(failure) => Step::Held(Change::none(it), failure),
        }
    }

    /// Opens and sends the PIN of each key; tells whom they went to.
    pub(crate) async fn send_pins(
        &self,
        registered: &Registered,
        shipment: &Common,
        status: Option<FulfilmentStatus>,
        class: &MessageClass,
    ) -> Result<String, Failure> {
        let status = match status {
            Some(status) => status,
            None => self.delivery_status(&registered.fulfilled.accepted.fulfilment_id).await.map_err(gone)?,
        };
        // A person who asks for the PIN knows where the key is.
        if *class == MessageClass::Automatic {
            refuse_failed(&status)?;
        }
        let mut went_to = Vec::new();
        let keys = shipment.keys().iter().zip(&registered.fulfilled.keys).enumerate();
        for (index, (key, hardware)) in keys {
            let item = item_of(&status, &hardware.serial)?;
            went_to
                .push(self.send_pin(registered, shipment, key, hardware, item, &class.id(shipment.id(), index)).await?);
        }
        Ok(went_to.join("; "))
    }

    async fn send_pin(
        &self,
        registered: &Registered,
        shipment: &Common,
        key: &Key,
        hardware: &Hardware,
        item: &FulfilledItem,
        message_id: &str,
    ) -> Result<String, Failure> {
        let planned =
            key.credentials.first().ok_or_else(|| factory("wrong-key", "a key without a credential has no person"))?;
        let user = planned.pinned_user();
        // Whoever has the name now decides whose manager is asked. Shortly after the registration that was just compared.
        if self.ports.clock.now() >= registered.at + COMPARISON_HOLDS {
            self.refuse_other_person(planned, Operation::DeliverPin).await?;
        }
        // The addressee first: the PIN need not be in memory while a directory is asked.
        let (addressees, user_name) = self.addressees(shipment, &user).await?;
        let envelope = item.pin_response.as_deref().ok_or_else(|| missing_pin(&hardware.serial))?;
        let bundle = self.bundle(shipment).await?;
        let opened =
            self.ports.fulfilment.open_pin(shipment.id(), &bundle.response_key, envelope, key.pin_length).await?;
        if opened.serial != hardware.serial {
            // What stands where the serial number belongs may be the PIN, so it is not shown.
            let what = format!("the PIN response is of another key than {}", hardware.serial);
            return Err(factory("wrong-key", &what));
        }
        let notice = PinNotice {
            shipment: shipment.id(),
            fulfilment_id: &registered.fulfilled.accepted.fulfilment_id,
            user: &user,
            user_name: &user_name,
            serial: &hardware.serial,
            pin: &opened.pin,
            change_on_first_use: opened.change_on_first_use,
            addressees: &addressees,
            message_id,
        };
        self.ports.pin_delivery.deliver(&notice).await?;
        Ok(match addressees.as_slice() {
            [] => "the other side, which finds the addressee".to_owned(),
            some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        })
    }
}

fn item_of<'a>(status: &'a FulfilmentStatus, serial: &SerialNumber) -> Result<&'a FulfilledItem, Failure> {
    status.items.iter().find(|item| item.hardware.serial == *serial).ok_or_else(|| {
        found(status, "responses-missing", &format!("The delivery service does not report key {serial} at present"))
    })
}

fn missing_pin(serial: &SerialNumber) -> Failure {
    Failure::new(
        Party::DeliveryService,
        Operation::ShipmentStatus,
        FailureKind::Found("pin-missing"),
        format!("The delivery service does not serve the PIN response of key {serial}"),
    )
}

/// With the shipment went the PIN response.
fn gone(failure: Failure) -> Failure {
    match failure.code() {
        Some("shipment-unknown") => Failure { kind: FailureKind::Found("shipment-gone"), ..failure },
        _ => failure,
    }
}
