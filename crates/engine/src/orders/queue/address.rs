//! Address of a queued order, given after the order was accepted. It is only in the sealed order.

use keyferry_domain::ports::{SecretName, StoreError};
use keyferry_domain::{CheckCode, Failure, Member, Order, OrderDraft, OrderFinding, SecretBytes, Shipment};

use super::given::GivenAddress;
use super::stored_order::{StoredOrder, Unusable as UnusableOrder};
use crate::context::Context;
use crate::failures::findings;
use crate::shipment_secret::Unusable;

/// Sealed order as read, which a replacement must match.
pub(crate) struct SealedOrder {
    stored: SecretBytes,
    order: StoredOrder,
}

impl SealedOrder {
    /// Reads the sealed order of a queued shipment, and compares the record with it.
    pub(crate) async fn of(context: &Context, shipment: &Shipment) -> Result<Self, Failure> {
        let id = shipment.id();
        let read = context.ports.secrets.get(&SecretName::of_order(id)).await;
        let stored = read.map_err(|error| match error {
            StoreError::Broken { reason, .. } | StoreError::Damaged(reason) => gone(&reason),
            error => findings::store(&error),
        })?;
        let stored = stored.ok_or_else(|| gone("its sealed order does not exist"))?;
        let order = StoredOrder::decode(&stored, shipment).map_err(|unusable| match unusable {
            UnusableOrder::Unreadable => gone("its sealed order is damaged, or a newer version of Keyferry wrote it"),
            UnusableOrder::Altered(facts) => Context::unusable(id, &Unusable::Altered(facts)),
        })?;
        Ok(Self { stored, order })
    }

    /// Returns the order, as far as it is known.
    pub(crate) fn draft(&self) -> &OrderDraft {
        &self.order.order
    }

    /// Returns the complete order with this address.
    ///
    /// # Errors
    /// What is missing, and the known limits of the delivery service that the order exceeds.
    pub(crate) fn with(&self, context: &Context, given: GivenAddress) -> Result<Order, Vec<OrderFinding>> {
        let GivenAddress { recipient, address } = given;
        let draft = OrderDraft { mailing_address: None, ..self.order.order.clone() };
        let filled = draft.complete_with(recipient, address).map_err(missing)?;
        let wrong: Vec<_> =
            context.ports.delivery_service.check(&filled.order).into_iter().filter(OrderFinding::is_error).collect();
        if wrong.is_empty() { Ok(filled.order) } else { Err(wrong) }
    }

    /// Stores the complete order in place of the one without an address.
    pub(crate) async fn replace(self, context: &Context, order: Order) -> Result<(), Failure> {
        let Self { stored, order: before } = self;
        let (id, order) = (before.id(), order.into());
        let sealed = before.with_order(order).encode().map_err(|_| findings::secret_not_encoded())?;
        let replaced = context.ports.secrets.replace(&SecretName::of_order(id), &stored, &sealed).await;
        replaced.map_err(|error| findings::store(&error))
    }
}

fn missing(members: Vec<&'static str>) -> Vec<OrderFinding> {
    let one = |path| OrderFinding::new(CheckCode::InvalidMember, Member::Parcel(path), format!("`{path}` is missing"));
    members.into_iter().map(one).collect()
}

fn gone(reason: &str) -> Failure {
    findings::queued_order("order-gone", format!("the queued order cannot be read: {reason}"))
}
