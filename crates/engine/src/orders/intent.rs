//! Intent to order, stored durably before the order is sent.

use std::fmt::Write as _;

use keyferry_domain::ports::{SealedKey, SecretName, Version};
use keyferry_domain::{
    Change, Dispatch, EmailAddress, In, Key, Note, Order, Queued, SecretBytes, Shipment, ShipmentId, Submission,
};

use super::error::{CreateError, before_order};
use super::request::CreateRequest;
use crate::ceremony::SealedOrder;
use crate::context::Context;
use crate::failures::findings;
use crate::person::remember_town;
use crate::shipment_secret::ShipmentSecret;

/// What the intent is recorded on.
pub(super) enum Intent<'a> {
    /// New record for the caller's request.
    New(&'a CreateRequest),
    /// Record of an order from the queue.
    Queued(Box<FromQueue>),
}

/// Claimed record of a queued order.
pub(super) struct FromQueue {
    pub(super) shipment: In<Queued>,
    pub(super) version: Version,
    /// Secret of an earlier attempt, read after the record was claimed. A worker that lost its claim cannot replace the
    /// secret of the worker that took over.
    pub(super) earlier_secret: Option<SecretBytes>,
    /// Paths of the members that were filled from the directory.
    pub(super) filled: Vec<&'static str>,
}

/// Stores the secret, then the intent. In this sequence, because a record without its secret could never be finished.
pub(super) async fn make_durable(
    context: &Context,
    id: ShipmentId,
    (order, rolled_over): (&Order, Option<&str>),
    intent: Intent<'_>,
    may_be_privileged: bool,
    sealed: SealedOrder,
) -> Result<(Shipment, Version, SealedKey), CreateError> {
    let now = context.now();
    let SealedOrder { sealed, credentials, secret, correlation } = sealed;
    let recipient_email = EmailAddress::parse(&order.recipient.recipient_email).ok();
    let until = now + context.settings.submitting_claim;
    let other = rolled_over.map(|note| format!("; {note}")).unwrap_or_default();
    let detail = format!("a key for {} is about to be ordered{other}", order.user);
    let note = Note::new(now, detail).with_correlation(correlation);
    let encode = |change: &Change| {
        let encoded = ShipmentSecret::encode(change.shipment(), &secret, may_be_privileged);
        encoded.map_err(|_| before_order(findings::secret_not_encoded()))
    };
    match intent {
        Intent::New(request) => {
            let key = Key { product: order.product.clone(), credentials, pin_length: order.pin_length };
            let submission = Submission {
                id,
                requested_by: request.caller.clone(),
                batch: None,
                info: request.info_with_country(),
                keys: vec![key],
                enrollment_contacts: order.enrollment_contacts.clone(),
                recipient_email,
                until,
            };
            let note = note_unknown_members(id, &request.unknown_members, note);
            let mails = &context.settings.person_mails;
            let change = Shipment::submit(submission, note).then(|shipment| shipment.with_person_mails(mails));
            let secret = encode(&change)?;
            remember_town(context, change.shipment(), order).await;
            insert(context, change, &secret, sealed).await
        }
        Intent::Queued(queued) => {
            let FromQueue { shipment, version, earlier_secret, filled } = *queued;
            let enrollment_contacts = order.enrollment_contacts.clone();
            let country = order.mailing_address.country_code_2.clone();
            let product = order.product.clone();
            let dispatch = Dispatch { product, credentials, enrollment_contacts, recipient_email, country, until };
            let note = note_filled(&filled, note);
            let change = shipment.dispatch(dispatch, note);
            let (name, secret) = (SecretName::of(id), encode(&change)?);
            remember_town(context, change.shipment(), order).await;
            match earlier_secret {
                None => context.ports.secrets.put(&name, &secret).await?,
                Some(earlier) => context.ports.secrets.replace(&name, &earlier, &secret).await?,
            }
            let version = context.ports.shipments.commit(&change, &version).await?;
            Ok((change.into_shipment(), version, sealed))
        }
    }
}

/// Adds the names of the members that were filled from the directory to the note.
fn note_filled(filled: &[&str], mut note: Note) -> Note {
    if !filled.is_empty() {
        let _ = write!(note.detail, "; filled from the directory: {}", filled.join(", "));
    }
    note
}

/// Adds the unknown members of the order to the note, and logs them.
pub(super) fn note_unknown_members(id: ShipmentId, unknown_members: &[String], mut note: Note) -> Note {
    if !unknown_members.is_empty() {
        let members = unknown_members.join(", ");
        tracing::warn!(
            shipment = %id,
            members,
            remedy = "correct the caller; KEYFERRY_UNKNOWN_MEMBERS=reject rejects such orders",
            "ignored unknown members of the order"
        );
        let _ = write!(note.detail, "; unknown members of the order were ignored: {members}");
    }
    note
}

/// Stores the secret and the new record.
async fn insert(
    context: &Context,
    change: Change,
    secret: &SecretBytes,
    sealed: SealedKey,
) -> Result<(Shipment, Version, SealedKey), CreateError> {
    let id = change.shipment().id();
    let name = SecretName::of(id);
    context.ports.secrets.put(&name, secret).await?;
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
