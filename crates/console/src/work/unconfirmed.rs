//! Unconfirmed orders, with what a human needs to look for them.

use keyferry_domain::ports::{StoreError, Summary};
use keyferry_domain::{EventKind, Phase};
use keyferry_engine::{Engine, ShipmentDetails};

use crate::messages::Messages;
use crate::shipment::Verb;
use crate::time::Instant;
use crate::visitor::Visitor;

/// An order whose response was lost.
pub(super) struct Unconfirmed {
    pub(super) address: String,
    pub(super) person: String,
    /// Time at which the order was sent.
    pub(super) sent: Instant,
    pub(super) country: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) product: Option<String>,
    /// How the response was lost, in English.
    pub(super) reason: String,
    pub(super) correlation: Option<String>,
    /// Address of the form to adopt it, if the user may.
    pub(super) adopt: Option<String>,
    pub(super) abandon: Option<String>,
}

impl Unconfirmed {
    /// Reads the orders. Those that were resolved in the meantime, or whose records cannot be read, are left out.
    pub(super) async fn read(
        engine: &Engine,
        orders: &[Summary],
        visitor: &Visitor,
        m: &'static Messages,
    ) -> Result<Vec<Self>, StoreError> {
        let mut read = Vec::new();
        for order in orders {
            let details = match engine.views.details(&order.id.to_string()).await {
                Ok(details) => details,
                // A record that was damaged or edited by hand must not hide the others.
                Err(StoreError::Broken { .. }) => continue,
                Err(error) => return Err(error),
            };
            read.extend(details.and_then(|details| Self::of(&details, visitor, m)));
        }
        Ok(read)
    }

    fn of(details: &ShipmentDetails, visitor: &Visitor, m: &'static Messages) -> Option<Self> {
        let shipment = &details.shipment;
        let Phase::Unconfirmed(unconfirmed) = shipment.phase() else { return None };
        let address = format!("/console/shipments/{}", shipment.id());
        let link = |verb: Verb| visitor.may(verb.operation()).then(|| format!("{address}/{}", verb.as_str()));
        let sent = details.events.iter().rev().find(|event| event.kind == EventKind::Submitted);
        let product = shipment.keys().first().map(|key| key.product.product_id.to_string());
        Some(Self {
            person: shipment.user().map_or_else(|| m.unknown_person.to_owned(), ToString::to_string),
            sent: sent.map_or(unconfirmed.at, |event| event.at).into(),
            country: shipment.info().country.clone(),
            reference: shipment.info().reference.clone(),
            product,
            reason: unconfirmed.reason.clone(),
            correlation: unconfirmed.correlation.clone(),
            adopt: link(Verb::Adopt),
            abandon: link(Verb::Abandon),
            address,
        })
    }
}
