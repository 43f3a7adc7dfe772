//! Intent to order, stored durably before the order is sent.

use std::fmt::Write as _;

use keyferry_domain::ports::{SealedKey, SecretName, Version};
use keyferry_domain::{EmailAddress, Key, Note, Shipment, ShipmentId, Submission};

use super::error::{CreateError, before_order};
use super::request::CreateRequest;
use crate::ceremony::SealedOrder;
use crate::context::Context;
use crate::failures::findings;
use crate::shipment_secret::ShipmentSecret;

/// Stores the secret, then the intent. In this sequence, because a record without its secret could never be finished.
pub(super) async fn make_durable(
    context: &Context,
    id: ShipmentId,
    request: &CreateRequest,
    order: SealedOrder,
) -> Result<(Shipment, Version, SealedKey), CreateError> {
    let now = context.now();
    let SealedOrder { sealed, credentials, secret, correlation } = order;
    let CreateRequest { order, unknown_members, .. } = request;
    let key = Key { product: order.product.clone(), credentials, pin_length: order.pin_length };
    let submission = Submission {
        id,
        requested_by: request.caller.clone(),
        batch: None,
        info: request.info_with_country(),
        keys: vec![key],
        enrollment_contacts: order.enrollment_contacts.clone(),
        recipient_email: EmailAddress::parse(&order.recipient.recipient_email).ok(),
        until: now + context.settings.submitting_claim,
    };
    let mut detail = format!("a key for {} is about to be ordered", order.user);
    if !unknown_members.is_empty() {
        let members = unknown_members.join(", ");
        tracing::warn!(
            shipment = %id,
            members,
            remedy = "correct the caller; KEYFERRY_UNKNOWN_MEMBERS=reject rejects such orders",
            "ignored unknown members of the order"
        );
        let _ = write!(detail, "; unknown members of the order were ignored: {members}");
    }
    let change = Shipment::submit(submission, Note::new(now, detail).with_correlation(correlation));
    let name = SecretName::of(id);
    let secret = ShipmentSecret::encode(change.shipment(), &secret, request.may_be_privileged);
    let secret = secret.map_err(|_| before_order(findings::secret_not_encoded()))?;
    context.ports.secrets.put(&name, &secret).await?;
    let error = match context.ports.shipments.insert(&change).await {
        Ok(version) => return Ok((change.into_shipment(), version, sealed)),
        Err(error) => error,
    };
    match context.ports.shipments.get(id).await {
        // The insert succeeded; only the store's response was lost.
        Ok(Some(stored)) => return Ok((change.into_shipment(), stored.version, sealed)),
        // Nothing was ordered, so the secret is not needed. If the purge fails, clean-up deletes it.
        Ok(None) => {
            if let Err(error) = context.ports.secrets.purge(&name).await {
                tracing::warn!(shipment = %id, %error, "could not purge secret without record; clean-up deletes it");
            }
        }
        Err(_) => {
            tracing::warn!(shipment = %id, "could not verify intent; it may appear as unconfirmed");
        }
    }
    Err(error.into())
}
