//! Phase `Fulfilled`: register the credentials of each key for the user of the order.

use keyferry_domain::ports::DeliveryStatus;
use keyferry_domain::{Change, Failure, Fulfilled, In, Note, Operation, RegisteredCredential, Timestamp};

use super::step::{Before, Step};
use crate::ceremony::ProducedKey;
use crate::context::Context;
use crate::delivery::{self, Seen};
use crate::eligibility::Candidate;
use crate::failures::findings;
use crate::pins;

/// Registers the credentials. `before` comes from the step that entered this phase. Without it, the record was read in
/// this phase, so an earlier attempt may have registered something: the phase is the durable intent to register.
pub(super) async fn register(context: &Context, it: In<Fulfilled>, before: Option<Before>) -> Step {
    let untried_until = before.as_ref().map(|before| before.alone_until);
    let known = before.map(|before| before.status);
    let status = match delivery::status_of_accepted(context, &it, &it.phase().accepted.delivery_id, known).await {
        Ok(Seen::Status(status)) => status,
        Ok(Seen::Cancelled { reason, note }) => return Step::On(it.cancel(reason, note), None),
        Err(failure) => return Step::Held(Change::none(it), failure),
    };
    match register_all(context, &it, &status, untried_until).await {
        Ok((registered, note)) => Step::On(it.register(registered, note), Some(status)),
        Err(failure) => Step::Held(Change::none(it), failure),
    }
}

/// Registers all credentials of all keys.
async fn register_all(
    context: &Context,
    shipment: &In<Fulfilled>,
    status: &DeliveryStatus,
    untried_until: Option<Timestamp>,
) -> Result<(Vec<Vec<RegisteredCredential>>, Note), Failure> {
    delivery::reject_failed(status)?;
    delivery::check_items(status, shipment.keys())?;
    let secret = context.secret(shipment).await?;
    // Before anything is registered: a person who left gets no key.
    let fixing = pins::Fixing::begin(context, shipment, &shipment.phase().keys, secret).await?;
    let secret = fixing.secret();
    let (mut registered, mut correlation) = (Vec::new(), None);
    for ((item, key), hardware) in status.items.iter().zip(shipment.keys()).zip(&shipment.phase().keys) {
        if item.hardware.serial != hardware.serial {
            let what = format!(
                "the shipment was fulfilled with key {}, but is now reported with key {}",
                hardware.serial, item.hardware.serial
            );
            return Err(findings::delivery(status, "unexpected-keys", &what));
        }
        for planned in &key.credentials {
            let (directory, user) = (context.directory(&planned.provider)?, &planned.pinned_user());
            let candidate = Candidate { user, may_be_privileged: secret.may_be_privileged() };
            context.eligibility.check(directory, &candidate, Operation::Register).await?;
        }
        let made = ProducedKey { shipment, key, hardware, item, secret: secret.ceremony(), untried_until };
        let done = context.ceremonies.of_key(key)?.register(&made).await?;
        registered.push(done.credentials);
        correlation = correlation.or(done.correlation);
    }
    fixing.finish().await;
    let names: Vec<_> = registered.iter().flatten().map(|credential| credential.display_name.as_str()).collect();
    let detail = format!("registered with the identity provider as {}", names.join(", "));
    Ok((registered, Note::new(context.now(), detail).with_correlation(correlation)))
}
