//! Simulated delivery service with its parcels and its factory.

use std::collections::HashMap;

use keyferry_domain::phase::DeliveryState;
use keyferry_domain::ports::{
    AddressVerdict, Country, Deletion, DeliveredItem, DeliveryStatus, Inventory, ListedOrder, ListedOrders,
    OfferedProduct, OpenedCredential, OpenedPin, OrderToPlace, Preparation, PreparedOrder, Progress, SealedKey,
};
use keyferry_domain::{
    CreationOptions, DeliveryId, Failure, FailureKind, Hardware, Operation, Order, OrderFinding, Party, Pin, PinLength,
    SecretBytes, SerialNumber, ShipmentId, Tracking,
};
use zeroize::Zeroizing;

use super::factory::{FACTORY, MadeCredential};
use super::tamper::Tamper;
use super::trouble::Call;
use crate::SeededRandom;
use crate::failures::failure as failure_of;

/// Content of a request that was sealed for the factory.
struct Sealed {
    request: ShipmentId,
    response_key: Vec<u8>,
    options: CreationOptions,
    pin_length: PinLength,
}

/// Parcel of the delivery service.
pub struct Parcel {
    pub request: ShipmentId,
    pub order: Order,
    pub state: Option<i64>,
    pub tracking: Tracking,
    pub tamper: Option<Tamper>,
    pub deleted: bool,
    pub serves_responses: bool,
    pub serves_pin: bool,
    pub extra_keys: usize,
    /// Whether responses are still served although the parcel was lost in transit.
    pub lost_on_the_way: bool,
    pub made: Option<ProducedKey>,
    sealed: SealedKey,
}

/// Key in a parcel.
pub struct ProducedKey {
    pub serial: SerialNumber,
    pub pin: String,
    /// `None` if another party than the connector sealed the request.
    pub credential: Option<MadeCredential>,
}

#[derive(Default)]
pub struct Delivery {
    sealed: HashMap<String, Sealed>,
    pub parcels: Vec<(DeliveryId, Parcel)>,
    /// Indexes of the parcels, by id, by request and by the sealed credential request. Of several, the first.
    by_id: HashMap<DeliveryId, usize>,
    by_request: HashMap<ShipmentId, usize>,
    by_sealed: HashMap<String, usize>,
    /// Shift of the parcel whose status is answered: 0, or the answer is of another parcel.
    pub confused: usize,
    /// Id of the next order, even if another order has the same id.
    pub next_id: Option<DeliveryId>,
    /// Whether the service offers no call that deletes an order.
    pub keeps_orders: bool,
    /// What can be ordered, and where to. `None` if the service does not offer the list.
    pub products: Option<Vec<OfferedProduct>>,
    pub inventory: Option<Vec<Inventory>>,
    pub countries: Option<Vec<Country>>,
    /// Verdicts about addresses, by first street line. Other addresses are deliverable.
    pub verdicts: HashMap<String, AddressVerdict>,
    /// Known limits of orders. `None` if there are none.
    pub limits: Option<fn(&Order) -> Vec<OrderFinding>>,
    /// Whether the service lists its orders.
    pub lists: bool,
    /// Whether the service validates addresses.
    pub validates: bool,
    /// Number of orders for each sealed request.
    pub orders: HashMap<ShipmentId, usize>,
}

impl Delivery {
    pub fn prepare(&mut self, preparation: &Preparation<'_>, chance: &SeededRandom) -> PreparedOrder {
        let [options] = preparation.creation_options.as_slice() else { panic!("one credential a key") };
        let response_key = chance.letters(32).into_bytes();
        let name = chance.letters(20);
        let sealed = Sealed {
            request: preparation.request,
            response_key: response_key.clone(),
            options: (*options).clone(),
            pin_length: preparation.pin_length,
        };
        self.sealed.insert(name.clone(), sealed);
        let sealed = SealedKey { pin_request: format!("pin:{name}"), credential_requests: vec![name] };
        PreparedOrder { sealed, response_key: SecretBytes::new(response_key) }
    }

    pub fn order(&mut self, order: &OrderToPlace<'_>, chance: &SeededRandom) -> DeliveryId {
        let fresh = || DeliveryId::new(format!("fpr{}", chance.letters(16)));
        let id = self.next_id.take().unwrap_or_else(fresh);
        *self.orders.entry(order.request).or_default() += 1;
        let parcel = Parcel {
            request: order.request,
            order: order.order.clone(),
            state: Some(3),
            tracking: Tracking::default(),
            tamper: None,
            deleted: false,
            serves_responses: true,
            serves_pin: true,
            extra_keys: 0,
            lost_on_the_way: false,
            made: None,
            sealed: order.sealed.clone(),
        };
        let index = self.parcels.len();
        self.by_id.entry(id.clone()).or_insert(index);
        self.by_request.entry(order.request).or_insert(index);
        for sealed in &order.sealed.credential_requests {
            self.by_sealed.entry(sealed.clone()).or_insert(index);
        }
        self.parcels.push((id.clone(), parcel));
        id
    }

    fn known(&self, id: &DeliveryId) -> Option<&Parcel> {
        self.by_id.get(id).map(|index| &self.parcels[*index].1)
    }

    pub fn parcel(&mut self, id: &DeliveryId) -> &mut Parcel {
        &mut self.parcels[self.by_id[id]].1
    }

    /// Returns our request id of a parcel.
    pub fn request_of(&self, id: &DeliveryId) -> Option<ShipmentId> {
        self.known(id).map(|parcel| parcel.request)
    }

    /// Returns the parcel for our request id, even if the connector never received its id.
    pub fn parcel_of(&self, request: ShipmentId) -> Option<&(DeliveryId, Parcel)> {
        self.by_request.get(&request).map(|index| &self.parcels[*index])
    }

    /// Returns the id of the parcel that was ordered with these sealed requests (PIN, credential), and their responses.
    pub fn parcel_sealed(&self, sealed: &[String]) -> Option<(&DeliveryId, [String; 2])> {
        let is_it = |parcel: &Parcel| {
            [&parcel.sealed.pin_request, &parcel.sealed.credential_requests[0]].into_iter().eq(sealed)
        };
        let (id, parcel) = &self.parcels[*self.by_sealed.get(sealed.get(1)?)?];
        if !is_it(parcel) {
            return None;
        }
        Some((id, [format!("pin-of:{id}"), format!("credential-of:{id}")]))
    }

    /// Returns the challenge in a sealed credential request.
    pub fn challenge_in(&self, credential_request: &str) -> Option<&str> {
        self.sealed.get(credential_request).map(|sealed| sealed.options.challenge.as_str())
    }

    pub fn response_keys(&self) -> Vec<String> {
        self.sealed.values().map(|sealed| String::from_utf8(sealed.response_key.clone()).unwrap()).collect()
    }

    /// Makes the key and ships the parcel.
    pub fn ship(&mut self, id: &DeliveryId, chance: &SeededRandom) {
        let Self { sealed, parcels, by_id, .. } = self;
        let parcel = &mut parcels[by_id[id]].1;
        parcel.state = Some(103);
        parcel.tracking = Tracking { carrier: Some("FEDEX".into()), number: Some("42".into()), link: None };
        if parcel.made.is_none() {
            let mut credential_id = vec![0; 48];
            keyferry_domain::Entropy::fill(chance, &mut credential_id);
            // This double cannot open requests that another party sealed.
            let sealed = sealed.get(&parcel.sealed.credential_requests[0]);
            let asked = sealed.map_or(6, |sealed| sealed.pin_length.get());
            let length = usize::from(asked) + usize::from(parcel.tamper == Some(Tamper::PinLength));
            parcel.made = Some(ProducedKey {
                serial: SerialNumber::new((10_000_000 + chance.below(89_999_999)).to_string()),
                pin: chance.letters(length),
                credential: sealed.map(|sealed| FACTORY.make(&sealed.options, credential_id, parcel.tamper)),
            });
        }
    }

    /// Returns two orders of the list.
    pub fn listed(&self, offset: u64) -> Option<ListedOrders> {
        let all: Vec<_> = self.parcels.iter().filter(|(_, parcel)| !parcel.deleted).collect();
        let orders = all.iter().skip(offset as usize).take(2).map(|(id, parcel)| ListedOrder {
            id: id.clone(),
            state_line: format!("state {:?} (as set)", parcel.state),
            progress: parcel.state.and_then(meaning).unwrap_or(Progress::Unknown),
            ordered_at: None,
        });
        let next = Some(offset + 2).filter(|next| *next < all.len() as u64);
        self.lists.then(|| ListedOrders { orders: orders.collect(), next })
    }

    /// Deletes an order that is not sent to the factory yet.
    pub fn delete(&mut self, id: &DeliveryId) -> Deletion {
        let refused = |reason: &str| Deletion::NotPossible { reason: reason.to_owned() };
        let parcel = self.by_id.get(id).map(|index| &mut self.parcels[*index].1);
        match parcel.filter(|parcel| !parcel.deleted) {
            _ if self.keeps_orders => refused("405"),
            None => refused("404"),
            Some(parcel) if parcel.state.is_some_and(|state| state < 100) && parcel.made.is_none() => {
                parcel.deleted = true;
                Deletion::Accepted
            }
            Some(_) => refused("it is too late"),
        }
    }

    pub fn status(&self, id: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        let other = self.by_id.get(id).map(|index| &self.parcels[(index + self.confused) % self.parcels.len()]);
        let answered = other.filter(|(_, parcel)| !parcel.deleted);
        let (id, parcel) =
            answered.ok_or_else(|| Call::Status.failure(FailureKind::Answered { status: 404, code: None }))?;
        let ready = matches!(parcel.state, Some(103 | 104)) || parcel.lost_on_the_way;
        let made = parcel.made.as_ref().filter(|_| ready && parcel.serves_responses);
        let mut items: Vec<_> = made
            .map(|made| DeliveredItem {
                hardware: Hardware { serial: made.serial.clone(), firmware: Some("5.7.4".into()) },
                pin_response: parcel.serves_pin.then(|| format!("pin-of:{id}")),
                credential_responses: vec![format!("credential-of:{id}")],
            })
            .into_iter()
            .collect();
        items.extend((0..parcel.extra_keys).filter_map(|_| items.first().cloned()).collect::<Vec<_>>());
        Ok(DeliveryStatus {
            state: DeliveryState { id: parcel.state, message: Some("as set".into()) },
            progress: parcel.state.and_then(meaning).unwrap_or(Progress::Unknown),
            delivered: parcel.state == Some(104),
            state_line: format!("state {:?} (as set)", parcel.state),
            tracking: parcel.tracking.clone(),
            items,
            correlation: "57a7e".into(),
        })
    }

    fn opened(&self, request: ShipmentId, key: &SecretBytes, envelope: &str) -> Result<&Parcel, Failure> {
        let (_, id) = envelope.split_once(':').unwrap();
        let parcel = self.known(&DeliveryId::new(id)).unwrap();
        let sealed = &self.sealed[&parcel.sealed.credential_requests[0]];
        if sealed.response_key != key.expose() || sealed.request != request {
            let kind = FailureKind::Found("cannot-open");
            return Err(failure_of(Party::Factory, Operation::OpenCredential, kind, "the envelope cannot be opened"));
        }
        Ok(parcel)
    }

    pub fn open_credential(
        &self,
        request: ShipmentId,
        key: &SecretBytes,
        envelope: &str,
    ) -> Result<OpenedCredential, Failure> {
        let parcel = self.opened(request, key, envelope)?;
        let made = parcel.made.as_ref().unwrap();
        Ok(OpenedCredential {
            serial: named(made, parcel.tamper == Some(Tamper::CredentialSerial)),
            firmware: Some("5.7.4".into()),
            registration_response: made.credential.as_ref().unwrap().response.clone(),
        })
    }

    pub fn open_pin(
        &self,
        request: ShipmentId,
        key: &SecretBytes,
        envelope: &str,
        length: PinLength,
    ) -> Result<OpenedPin, Failure> {
        let parcel = self.opened(request, key, envelope)?;
        let made = parcel.made.as_ref().unwrap();
        let pin = Pin::new(Zeroizing::new(made.pin.clone()), length).map_err(|error| {
            failure_of(Party::Factory, Operation::OpenPin, FailureKind::Found("wrong-pin"), error.to_string())
        })?;
        let serial = named(made, parcel.tamper == Some(Tamper::PinSerial));
        Ok(OpenedPin { serial, pin, change_on_first_use: true })
    }
}

/// State numbers of the simulated service, and their meaning.
pub const STATES: [(i64, Progress); 7] = [
    (3, Progress::InProgress),
    (100, Progress::InProgress),
    (7, Progress::NeedsEditing),
    (103, Progress::Ready),
    (104, Progress::Ready),
    (99, Progress::Failed),
    (105, Progress::Failed),
];

fn meaning(state: i64) -> Option<Progress> {
    STATES.iter().find(|(number, _)| *number == state).map(|(_, progress)| *progress)
}

fn named(made: &ProducedKey, wrong: bool) -> SerialNumber {
    if wrong { SerialNumber::new("1") } else { made.serial.clone() }
}
