//! Delivery of a shipment's PINs.

use chrono::TimeDelta;
use keyferry_domain::ports::{DeliveredItem, PinNotice};
use keyferry_domain::{Common, Failure, Hardware, Key, Operation, PlannedCredential, Registered};

use super::addressee::Addressees;
use super::message::MessageClass;
use crate::ceremony::{PinOpener, PinSource, ProducedKey};
use crate::context::Context;
use crate::delivery;
use crate::failures::findings;
use crate::shipment_secret::ShipmentSecret;

/// Time for which a check of the user name remains valid.
const USER_CHECK_VALID: TimeDelta = TimeDelta::minutes(10);

/// Delivers the PIN of each key. Returns the addressees.
pub(crate) async fn send(
    context: &Context,
    registered: &Registered,
    shipment: &Common,
    class: &MessageClass,
) -> Result<String, Failure> {
    let id = &registered.fulfilled.accepted.delivery_id;
    let status = delivery::status_of_registered(context, id).await?;
    // After a failed delivery, only an operator may send the PIN: the operator knows where the key is.
    if *class == MessageClass::Automatic {
        delivery::reject_failed(&status)?;
    }
    let secret = context.secret(shipment).await?;
    let mut went_to = Vec::new();
    for (index, (key, hardware)) in shipment.keys().iter().zip(&registered.fulfilled.keys).enumerate() {
        let item = delivery::item_of(&status, &hardware.serial)?;
        let message_id = class.id(shipment.id(), index);
        let release = Release { context, registered, shipment, key, hardware, item, secret: &secret, message_id };
        went_to.push(release.send().await?);
    }
    Ok(went_to.join("; "))
}

/// Delivery of one key's PIN.
struct Release<'a> {
    context: &'a Context,
    registered: &'a Registered,
    shipment: &'a Common,
    key: &'a Key,
    hardware: &'a Hardware,
    item: &'a DeliveredItem,
    secret: &'a ShipmentSecret,
    message_id: String,
}

impl Release<'_> {
    async fn send(&self) -> Result<String, Failure> {
        let ceremony = self.context.ceremonies.of_key(self.key)?;
        let planned =
            self.key.credentials.first().ok_or_else(|| findings::factory("wrong-key", "the key has no credentials"))?;
        // The manager is looked up by user name, so the name must still belong to the same user. Registration checks
        // this as well, so the check is skipped shortly after it.
        if self.context.now() >= self.registered.at + USER_CHECK_VALID {
            ceremony.check_user(planned, Operation::DeliverPin).await?;
        }
        match ceremony.pin() {
            PinSource::Connector(opener) => self.open_and_send(opener, planned).await,
            PinSource::Provider(sender) => sender.send_pin(&self.made()).await,
        }
    }

    async fn open_and_send(&self, opener: &dyn PinOpener, planned: &PlannedCredential) -> Result<String, Failure> {
        let (user, serial) = (planned.pinned_user(), &self.hardware.serial);
        // Resolve the addressee first, so that the PIN is not in memory during calls to the directory.
        let directory = self.context.directory(&planned.provider)?;
        let (addressees, user_name) = Addressees { context: self.context, directory }.of(self.shipment, &user).await?;
        let envelope = self.item.pin_response.as_deref().ok_or_else(|| findings::pin_missing(serial))?;
        let opened = opener.open_pin(&self.made(), envelope).await?;
        if opened.serial != *serial {
            // Do not show the serial number from the response: a wrong response may have the PIN in its place.
            return Err(findings::factory("wrong-key", &format!("the PIN response is for another key than {serial}")));
        }
        let notice = PinNotice {
            shipment: self.shipment.id(),
            delivery_id: &self.registered.fulfilled.accepted.delivery_id,
            user: &user,
            user_name: &user_name,
            serial,
            pin: &opened.pin,
            change_on_first_use: opened.change_on_first_use,
            addressees: &addressees,
            message_id: &self.message_id,
        };
        self.context.ports.pin_delivery.deliver(&notice).await?;
        Ok(match addressees.as_slice() {
            [] => "the other side, which determines the addressee".to_owned(),
            some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        })
    }

    fn made(&self) -> ProducedKey<'_> {
        let Self { shipment, key, hardware, item, secret, .. } = self;
        ProducedKey { shipment, key, hardware, item, secret: secret.ceremony() }
    }
}
