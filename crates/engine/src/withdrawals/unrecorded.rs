//! Passkeys that a run registered and could not record, because its process died in between.

use keyferry_domain::{Common, Failure, FailureClass, Fulfilled, ObstacleClass, Party, Phase};

use super::passkeys::failure_of;
use crate::ceremony::ProducedKey;
use crate::context::Context;
use crate::delivery;
use crate::failures::{Meaning, Scope, meaning};
use crate::people::{Holder, delete_passkey};

/// Returns the phase in which the key was made, if it may be registered although no record shows that.
pub(super) fn maybe_registered(phase: &Phase) -> Option<&Fulfilled> {
    match phase {
        Phase::Fulfilled(fulfilled) => Some(fulfilled),
        Phase::Cancelling(cancelling) => cancelling.maybe_registered(),
        _ => None,
    }
}

/// Deletes such passkeys of a shipment. Returns their methods.
///
/// # Errors
/// A failure after which it is not known whether there are any, and that a later attempt can overcome.
pub(crate) async fn remove_unrecorded(
    context: &Context,
    shipment: &Common,
    fulfilled: &Fulfilled,
) -> Result<Vec<String>, Failure> {
    match remove(context, shipment, fulfilled).await {
        Err(failure) if !can_be_overcome(&failure) => {
            // What cannot be opened or verified was never registered either.
            tracing::warn!(shipment = %shipment.id(), reason = %failure,
                "could not look for a passkey of the key that no record names");
            Ok(Vec::new())
        }
        removed => removed,
    }
}

async fn remove(context: &Context, shipment: &Common, fulfilled: &Fulfilled) -> Result<Vec<String>, Failure> {
    let status = delivery::status(context, &fulfilled.accepted.delivery_id).await?;
    let secret = context.secret(shipment).await?;
    let mut removed = Vec::new();
    for ((item, key), hardware) in status.items.iter().zip(shipment.keys()).zip(&fulfilled.keys) {
        let made = ProducedKey { shipment, key, hardware, item, secret: secret.ceremony(), untried_until: None };
        for (position, method) in context.ceremonies.of_key(key)?.find(&made).await? {
            let Some(planned) = key.credentials.get(position) else { continue };
            let user = planned.pinned_user();
            let holder = Holder { provider: &planned.provider, user: &user, handle: planned.user_handle() };
            delete_passkey(context, &holder, &method).await.map_err(|not| failure_of(not, &user))?;
            removed.push(method);
        }
    }
    Ok(removed)
}

fn can_be_overcome(failure: &Failure) -> bool {
    let Meaning { class, scope } = meaning(failure.class());
    let is_of_provider = failure.party == Party::IdentityProvider && failure.class() != FailureClass::NotFound;
    is_of_provider || class == ObstacleClass::Retry || scope == Scope::Run
}
