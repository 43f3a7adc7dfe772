//! A parcel and its states.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::catalogue::{self, Customization, Product};
use super::keys::Keys;
use super::order::{Address, Item, Order};
use super::stock::Stock;
use crate::factory::Factory;
use crate::factory::device::Device;
use crate::factory::programme::{Job, Programmed};
use crate::factory::tamper::Tamper;
use crate::ground::clock::rfc3339;

/// State id: awaiting validation.
pub(crate) const ORDERED: u32 = 3;
const VALIDATED: u32 = 5;
const UNDELIVERABLE: u32 = 7;
const PROCESSING_ERROR: u32 = 8;
const IN_FULFILMENT: u32 = 100;
const SHIPPED: u32 = 103;
const DELIVERED: u32 = 104;
/// Last state in which an order can be changed or deleted.
pub(super) const LAST_EDITABLE: u32 = 9;

/// Sequence of states in which normal orders advance. // inferred: only the names of 3, 103 and 104 were observed.
pub(crate) const SEQUENCE: [u32; 6] = [ORDERED, VALIDATED, IN_FULFILMENT, 102, SHIPPED, DELIVERED];

/// Parcel with its order and its state.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) id: String,
    pub(crate) order: Order,
    pub(crate) ordered_at: DateTime<Utc>,
    pub(crate) state_id: u32,
    pub(crate) entered_at: DateTime<Utc>,
    /// Reason why the parcel does not advance. It has no secrets.
    pub(crate) message: Option<String>,
    pub(crate) tracking_number: String,
    pub(crate) shipped_at: Option<DateTime<Utc>>,
    pub(crate) delivered_at: Option<DateTime<Utc>>,
    pub(crate) programmed: Option<Programmed>,
    pub(crate) tamper: Option<Tamper>,
    /// Whether the parcel advances with the clock. `false` after the control API set its state.
    automatic: bool,
}

impl Parcel {
    /// Creates a parcel for a valid order.
    pub(super) fn new(id: String, order: Order, tracking_number: String, now: DateTime<Utc>) -> Self {
        Self {
            id,
            order,
            ordered_at: now,
            state_id: ORDERED,
            entered_at: now,
            message: None,
            tracking_number,
            shipped_at: None,
            delivered_at: None,
            programmed: None,
            tamper: None,
            automatic: true,
        }
    }

    /// Advances the parcel to the current time. Returns the key if one was made.
    pub(super) fn catch_up(&mut self, at: &Context<'_>) -> Option<Device> {
        let mut made = None;
        // A clock step can pass several states. Each is entered at its own time, not at the current one.
        while let Some(when) = self.due(at) {
            let Some(next) = self.next(at) else {
                // Out of stock: the parcel waits from now on, and does not make up for that time later.
                self.entered_at = at.now;
                break;
            };
            made = self.enter(next, when, at).or(made);
        }
        made
    }

    /// Returns whether the parcel should be in a later state by now.
    pub(super) fn is_due(&self, at: &Context<'_>) -> bool {
        self.due(at).is_some()
    }

    /// Returns the time at which the clock moves the parcel on, if that is not in the future.
    fn due(&self, at: &Context<'_>) -> Option<DateTime<Utc>> {
        if !self.automatic || at.seconds_per_state <= 0.0 || next(self.state_id).is_none() {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a setting in seconds; saturates")]
        let step = TimeDelta::try_milliseconds((at.seconds_per_state * 1000.0) as i64)?.max(TimeDelta::milliseconds(1));
        (at.now - self.entered_at >= step).then(|| self.entered_at + step)
    }

    /// Moves the parcel to its next state. Returns the key if one was made.
    pub(super) fn advance(&mut self, at: &Context<'_>) -> Option<Device> {
        let next = self.next(at)?;
        self.enter(next, at.now, at)
    }

    /// Moves the parcel on until it has this state, or to its next state. Returns the key if one was made.
    pub(super) fn advance_until(&mut self, state_id: Option<u32>, at: &Context<'_>) -> Option<Device> {
        let Some(state_id) = state_id else { return self.advance(at) };
        let mut made = None;
        while self.can_move_until(Some(state_id))
            && let Some(next) = self.next(at)
        {
            made = self.enter(next, at.now, at).or(made);
        }
        made
    }

    /// Returns whether a later state follows, and is not after `until`.
    pub(super) fn can_move_until(&self, until: Option<u32>) -> bool {
        let place = |state_id| SEQUENCE.iter().position(|id| *id == state_id);
        place(self.state_id).is_some_and(|now| match until {
            Some(until) => place(until).is_some_and(|until| now < until),
            None => now + 1 < SEQUENCE.len(),
        })
    }

    /// Returns the next state. A parcel that is out of stock stays where it is.
    ///
    /// inferred: that it waits. Documented: the daily run, not the order, takes a key out of the inventory.
    fn next(&mut self, at: &Context<'_>) -> Option<u32> {
        let next = next(self.state_id)?;
        let out_of_stock = next == IN_FULFILMENT && self.inventory().is_some_and(|id| at.stock.of(id) == 0);
        self.message = out_of_stock.then(|| "Waiting for inventory".to_owned());
        (!out_of_stock).then_some(next)
    }

    /// Sets the state. From then on only the control API moves the parcel. Returns the key if one was made.
    pub(super) fn set_state(&mut self, state_id: u32, at: &Context<'_>) -> Option<Device> {
        self.automatic = false;
        self.message = None;
        self.enter(state_id, at.now, at)
    }

    /// Enters a state and performs its effects: address check, production of the key, dates.
    fn enter(&mut self, state_id: u32, when: DateTime<Utc>, at: &Context<'_>) -> Option<Device> {
        self.entered_at = when;
        self.state_id = state_id;
        if state_id == VALIDATED && self.undeliverable() {
            self.state_id = UNDELIVERABLE;
            return None;
        }
        let mut made = None;
        // Also for a state that the control API set directly: a shipped parcel always has a key.
        if (IN_FULFILMENT..=DELIVERED).contains(&state_id) && self.programmed.is_none() {
            match self.programme(when, at) {
                Ok((programmed, device)) => {
                    self.programmed = Some(programmed);
                    self.inventory().inspect(|id| at.stock.take(*id));
                    made = Some(device);
                }
                Err(message) => {
                    self.state_id = PROCESSING_ERROR;
                    self.message = Some(message);
                    return None;
                }
            }
        }
        if (SHIPPED..=DELIVERED).contains(&state_id) {
            self.shipped_at.get_or_insert(when);
        }
        if state_id == DELIVERED {
            self.delivered_at.get_or_insert(when);
        }
        made
    }

    fn programme(&self, when: DateTime<Utc>, at: &Context<'_>) -> Result<(Programmed, Device), String> {
        let item = self.item().ok_or("the order has no item")?;
        let product = self.product().ok_or("the product is unknown")?;
        let requests = item.product_customizations.first().ok_or("the order has no requests")?;
        let job = Job {
            shipment_id: &self.id,
            product: product.name,
            authenticator: product.authenticator.ok_or("the product cannot be pre-registered")?,
            one_time_pin: self.customization().ok_or("the customization is unknown")?.one_time_pin,
            pin_request: requests.fido_pin_request.as_deref().unwrap_or_default(),
            credential_requests: &requests.fido_credential_requests,
            serial: at.factory.next_serial(),
            now: rfc3339(when),
        };
        job.run(&at.keys.transport)
    }

    /// Returns whether address validation fails for this parcel.
    fn undeliverable(&self) -> bool {
        !self.order.address_validation_bypass && undeliverable(&self.order.mailing_address)
    }

    pub(crate) fn item(&self) -> Option<&Item> {
        self.order.shipment_items.first()
    }

    fn inventory(&self) -> Option<u64> {
        self.item()?.inventory_product_id
    }

    pub(crate) fn product(&self) -> Option<&'static Product> {
        self.item()?.product_id.and_then(catalogue::product)
    }

    fn customization(&self) -> Option<Customization> {
        self.item()?.customization_id.as_deref().and_then(catalogue::customization)
    }

    /// Returns the programmed key if the parcel is shipped.
    pub(crate) fn shipped(&self) -> Option<&Programmed> {
        self.programmed.as_ref().filter(|_| (SHIPPED..1000).contains(&self.state_id))
    }
}

/// Context that a parcel needs to change its state.
pub(super) struct Context<'a> {
    pub(super) factory: &'a Factory,
    pub(super) stock: &'a Stock,
    pub(super) keys: &'a Keys,
    pub(super) now: DateTime<Utc>,
    /// Seconds per state; 0 if parcels do not advance with the clock.
    pub(super) seconds_per_state: f64,
}

/// Returns whether an address is undeliverable: in the sandbox, if the first line of its street contains
/// "undeliverable", or if it is a PO box outside of the United States.
///
/// inferred: that the address validation finds PO boxes. Documented: they work only inside of the United States.
pub(super) fn undeliverable(place: &Address) -> bool {
    let street = place.street_line1.as_deref().unwrap_or_default().to_lowercase();
    let is_box = street.replace(['.', ' '], "").starts_with("pobox");
    street.contains("undeliverable") || (is_box && place.country_code_2.as_deref() != Some("US"))
}

fn next(state_id: u32) -> Option<u32> {
    let place = SEQUENCE.iter().position(|id| *id == state_id)?;
    SEQUENCE.get(place + 1).copied()
}

/// Returns code and message of a state, as far as they are public.
pub(crate) fn described(state_id: u32) -> (Option<&'static str>, &'static str) {
    match state_id {
        1 => (None, "Incomplete Shipping Request"),
        ORDERED => (None, "Awaiting Validation"),
        6 => (None, "Incomplete"),
        UNDELIVERABLE => (None, "Address is undeliverable or could not be understood"),
        PROCESSING_ERROR => (None, "Error: Processing Error, contact Support"),
        9 => (None, "Error: DPL Match"),
        99 => (None, "Error: Shipping error, contact Support"),
        SHIPPED => (Some("ShipmentStateShipped"), "Shipped: In transit."),
        DELIVERED => (None, "Delivered"),
        105 => (None, "Shipment Lost/Missing"),
        106 => (None, "Delivery Exception"),
        _ => (None, ""),
    }
}

/// Formats a time as the delivery service does: RFC 3339 with milliseconds and `Z`.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
