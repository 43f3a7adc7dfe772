//! Planted bugs. They show that the harness finds such bugs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use keyferry::{Ports, Registration};
use keyferry_domain::ports::{OrderToPlace, Preparation, SecretName, ShipmentFilter, ShipmentSort, Stored};
use keyferry_domain::{Change, MailingAddress, Order, Person, PhaseName, Recipient, SecretBytes, Shipment, ShipmentId};
use serde::{Deserialize, Serialize};

use crate::connector::lock;

/// A planted bug. Each breaks one promise, and only if the process is killed at the right moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Bug {
    /// After a restart, orders in phase `submitting` are sent again.
    OrderedAgain,
    /// After a restart, records in phase `submitting` are deleted.
    RecordDropped,
    /// The record of an order is written only after the order is accepted.
    IntentAfterOrder,
    /// After a restart, keys are registered without checking whether they already are.
    RegisteredWithoutLookUp,
    /// After a restart, a PIN counts as delivered without being sent.
    PinSkipped,
    /// Each process has its own message ids.
    MessageIdPerProcess,
    /// After a restart, the first manager found is used for every recipient.
    OneManagerForAll,
    /// A claim counts until its end, however far in the future that is.
    FutureClaimTrusted,
    /// Accepted orders are not written to the journal.
    AcceptanceNotJournaled,
    /// Sent PINs are not written to the journal.
    PinNotJournaled,
    /// The sealed order of a queued order is kept in memory only.
    OrderNotSealed,
    /// After a restart, a row of a batch is queued under another id.
    RowIdPerProcess,
    /// After a restart, acts that are not finished are not found.
    ActForgotten,
    /// After a restart, methods count as deleted without being deleted.
    DeletionSkipped,
    /// Each process mails people under its own message ids.
    PersonMailIdPerProcess,
    /// That a PIN was seen is written with the next access to its shipment.
    LinkClosedLate,
}

/// The bug planted in this process, and its state.
#[derive(Clone)]
pub(super) struct Planted {
    bug: Option<Bug>,
    pub(super) restarts: u32,
    pub(super) held: Arc<Mutex<HashMap<ShipmentId, Change>>>,
    /// Secrets that a planted bug keeps in memory.
    orders: Arc<Mutex<HashMap<SecretName, Vec<u8>>>>,
    pub(super) manager: Arc<Mutex<Option<Person>>>,
}

impl Planted {
    pub(super) fn new(bug: Option<Bug>, restarts: u32) -> Self {
        Self { bug, restarts, held: Arc::default(), orders: Arc::default(), manager: Arc::default() }
    }

    pub(super) fn is(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Returns whether this bug is planted, and the process is not the first one.
    pub(super) fn is_after_restart(&self, bug: Bug) -> bool {
        self.is(bug) && self.restarts > 0
    }

    /// Keeps a secret in memory.
    pub(super) fn hold_order(&self, name: SecretName, order: &SecretBytes) {
        lock(&self.orders).insert(name, order.expose().to_vec());
    }

    /// Returns a secret that is in memory.
    pub(super) fn held_order(&self, name: &SecretName) -> Option<SecretBytes> {
        lock(&self.orders).get(name).cloned().map(SecretBytes::new)
    }

    /// Returns whether this is the secret of a shipment whose change is held back.
    pub(super) fn holds_back(&self, name: &SecretName) -> bool {
        self.is(Bug::LinkClosedLate) && lock(&self.held).keys().any(|id| SecretName::of(*id) == *name)
    }

    /// Runs what a connector with this bug does at start.
    pub(super) fn begin(&self, ports: &Ports) {
        let ports = ports.clone();
        if self.is_after_restart(Bug::OrderedAgain) {
            tokio::spawn(async move {
                for stored in under_way(&ports).await {
                    order_again(&ports, stored.shipment()).await;
                }
            });
        } else if self.is_after_restart(Bug::RecordDropped) {
            tokio::spawn(async move {
                for stored in under_way(&ports).await {
                    ports.shipments.delete(stored.shipment().id(), &stored.version).await.unwrap();
                }
            });
        }
    }
}

async fn under_way(ports: &Ports) -> Vec<Stored> {
    let submitting = ShipmentFilter::phases(&[PhaseName::Submitting]);
    let page = ports.shipments.query(&submitting, ShipmentSort::Id, None, 1000).await.unwrap();
    let mut all = Vec::new();
    for summary in page.items {
        all.extend(ports.shipments.get(summary.id).await.unwrap());
    }
    all
}

/// Sends an order again. Keyferry does not keep the address, so this uses an arbitrary one.
async fn order_again(ports: &Ports, shipment: &Shipment) {
    let key = &shipment.keys()[0];
    let user = key.credentials[0].pinned_user();
    let lifetime = std::time::Duration::from_secs(20_160 * 60);
    let provider = ports.providers.get(&key.credentials[0].provider).unwrap();
    let Registration::CreationOptions(identity) = &provider.registration else {
        panic!("not a provider with creation options")
    };
    let options = identity.creation_options(&user, lifetime).await.unwrap();
    let preparation =
        Preparation { request: shipment.id(), creation_options: vec![&options], pin_length: key.pin_length };
    let prepared = ports.sealer.prepare(&preparation).await.unwrap();
    let text = str::to_owned;
    let order = Order {
        user,
        pin_length: key.pin_length,
        enrollment_contacts: Vec::new(),
        reseller_organization_id: None,
        delivery_type: 1,
        address_validation_bypass: false,
        recipient: Recipient {
            recipient_company: text("Contoso"),
            recipient_email: shipment.recipient_email().unwrap().to_string(),
            recipient_firstname: text("Ada"),
            recipient_lastname: text("Lovelace"),
            recipient_telephone: text("5555555555"),
        },
        mailing_address: MailingAddress {
            street_line1: text("1 Analytical Way"),
            street_line2: None,
            city: text("Palo Alto"),
            region: Some(text("CA")),
            postal_code: text("94301"),
            country_code_2: text("US"),
        },
        product: key.product.clone(),
    };
    let order = OrderToPlace { request: shipment.id(), order: &order, sealed: &prepared.sealed };
    ports.delivery_service.order(&order).await.unwrap();
}
