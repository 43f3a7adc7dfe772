//! Judgement of sent PINs: of the right key, to the right person, and within the rules of their release.

use chrono::TimeDelta;
use keyferry_testkit::outside::{Outside, lock};

use super::court::{Court, FirstPin};
use super::verdict::Harm;

/// Release window of the settings' default.
const WINDOW: TimeDelta = TimeDelta::days(30);

/// By how much the clock of a replica may be wrong.
const TOLERANCE: TimeDelta = TimeDelta::hours(1);

impl Court {
    /// Judges the PINs that were sent since the last look.
    pub(super) fn pins(&mut self, outside: &Outside) {
        let (pins, delivery, people) = (lock(&outside.pins), lock(&outside.delivery), lock(&outside.people));
        while let Some(sent) = pins.sent.get(self.sent) {
            self.sent += 1;
            let (id, shipment) = (sent.shipment, Some(sent.shipment));
            let now = outside.clock.right();
            let first =
                self.told.entry(id).or_insert_with(|| FirstPin { at: now, to: sent.addressees.clone() }).clone();
            if !self.book.overridden.contains(&id) {
                if now - first.at > WINDOW + TOLERANCE {
                    self.find(Harm::Seen, shipment, "a PIN was sent again after its release window");
                }
                if first.to != sent.addressees {
                    self.find(
                        Harm::Seen,
                        shipment,
                        "a PIN was sent again to another addressee, by a caller without the right",
                    );
                }
            }
            let made = delivery.parcel_of(id).and_then(|(_, parcel)| parcel.made.as_ref());
            let Some(made) = made else {
                self.find(Harm::Seen, shipment, "a PIN was sent for a key that is not made");
                continue;
            };
            if (made.pin.as_str(), made.serial.as_str()) != (sent.pin.as_str(), sent.serial.as_str()) {
                self.find(Harm::Seen, shipment, "a PIN was sent with the serial number of another key");
            }
            let credential = made.credential.as_ref().map(|made| made.id.as_slice()).unwrap_or_default();
            let registered = people.registered_for(credential);
            if registered.is_none() {
                self.find(Harm::Seen, shipment, "a PIN was sent before its key was registered");
            }
            if self.book.withdrawn.contains(&id) {
                self.find(Harm::Seen, shipment, "a PIN was sent after its key was lost, returned or withdrawn");
            }
            if self.book.cancelled.contains_key(&id) {
                self.find(Harm::Seen, shipment, "a PIN was sent after the cancellation was acknowledged");
            }
            let Some(person) = self.person.get(&id).copied() else { continue };
            let managers = self.book.managers.get(&person);
            let is_allowed = |addressee: &String| managers.is_some_and(|managers| managers.contains(addressee));
            if !sent.addressees.iter().all(is_allowed) {
                self.find(Harm::Seen, shipment, "a PIN was sent to a person who is not its addressee");
            }
        }
    }
}
