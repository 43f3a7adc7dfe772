//! Revocation of a passkey on request of an operator: its method is deleted at the identity provider.

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Caller, Failure, Note, ShipmentId, UserRef};
use tracing::Instrument as _;

use super::decision::{Undecided, apply};
use crate::context::Context;
use crate::failures::explain;
use crate::people::{Holder, NotDeleted, delete_passkey, records};

/// Revoked passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Whether the identity provider had it. A repeated revocation finds nothing to delete.
    pub existed: bool,
    /// Shipment whose record names the passkey, if there is one.
    pub shipment: Option<ShipmentId>,
}

/// Reason why a passkey was not revoked, or its revocation was not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevokeError {
    /// The identity provider does not know the user.
    #[error("{}", explain(.0))]
    NoSuchUser(Failure),
    /// The record names the user only by a name, which now belongs to another user.
    #[error("the user name now belongs to another user. Revoke the passkey with the object id of its holder")]
    UserChanged,
    /// The identity provider manages its passkeys itself.
    #[error("the identity provider {0} does not support the revocation of passkeys. Delete the passkey there")]
    NotSupported(String),
    /// The identity provider failed. The passkey may be revoked all the same; the request can be repeated.
    #[error("{}", explain(.0))]
    Upstream(Failure),
    /// The passkey is revoked, but the record was claimed or changed by others during all attempts to record it.
    #[error("the passkey is revoked, but shipment {0} is being processed. Repeat the request in a minute to record it")]
    Busy(ShipmentId),
    /// The store failed. If the passkey was revoked already, that is not recorded; the request can be repeated.
    #[error("{0}")]
    Store(StoreError),
}

impl From<NotDeleted> for RevokeError {
    fn from(not: NotDeleted) -> Self {
        match not {
            NotDeleted::NoSuchUser(failure) => Self::NoSuchUser(failure),
            NotDeleted::UserChanged => Self::UserChanged,
            NotDeleted::NotSupported(provider) => Self::NotSupported(provider.to_string()),
            NotDeleted::Upstream(failure) => Self::Upstream(failure),
        }
    }
}

/// Revokes the passkey in its own task, which continues if the caller disconnects.
pub(super) async fn revoke(
    context: &Arc<Context>,
    user: &UserRef,
    method_id: &str,
    by: Caller,
    reason: &str,
) -> Result<Revoked, RevokeError> {
    let (task_context, user) = (context.clone(), user.clone());
    let (method_id, reason) = (method_id.to_owned(), reason.to_owned());
    let work = async move { revoke_once(&task_context, &user, &method_id, by, &reason).await }.in_current_span();
    match context.tasks.spawn(work).await {
        Ok(result) => result,
        // Continue a panic in the caller's task, so that it is reported like any panic of a request.
        Err(error) => match error.try_into_panic() {
            Ok(defect) => std::panic::resume_unwind(defect),
            Err(error) => Err(RevokeError::Store(StoreError::Unavailable(error.to_string()))),
        },
    }
}

/// Deletes the method, then records it. The other order would show a passkey as revoked that can still be used.
async fn revoke_once(
    context: &Arc<Context>,
    user: &UserRef,
    method_id: &str,
    by: Caller,
    reason: &str,
) -> Result<Revoked, RevokeError> {
    let found = records(context, user).await.map_err(RevokeError::Store)?;
    let record = found.into_iter().find(|record| record.credential.method_id == method_id);
    let provider_id = match &record {
        Some(record) => &record.provider,
        None => context.ports.providers.default_id(),
    };
    let holder = Holder {
        provider: provider_id,
        user: record.as_ref().map_or(user, |record| &record.user),
        handle: record.as_ref().and_then(|record| record.handle.as_ref()),
    };
    let deletion = delete_passkey(context, &holder, method_id).await?;
    let shipment = record.map(|record| record.shipment);
    match shipment {
        // An alarm, so that it is found without a record.
        None => tracing::warn!(method_id, caller = %by, existed = deletion.existed, reason,
            "operator revoked passkey that no record names"),
        Some(shipment) => {
            let detail = if deletion.existed { "" } else { " (the identity provider had no such method any more)" };
            let note = Note::new(context.now(), format!("passkey {method_id} was revoked: {reason}{detail}"))
                .with_correlation(deletion.correlation);
            record_it(context, shipment, method_id, &by, &note).await?;
            tracing::info!(%shipment, caller = %by, existed = deletion.existed, "operator revoked passkey of shipment");
        }
    }
    Ok(Revoked { existed: deletion.existed, shipment })
}

async fn record_it(
    context: &Context,
    shipment: ShipmentId,
    method_id: &str,
    by: &Caller,
    note: &Note,
) -> Result<(), RevokeError> {
    let id = shipment.to_string();
    let recorded = apply(context, &id, |change| {
        Ok::<_, std::convert::Infallible>(change.then(|shipment| shipment.revoked(method_id, by.clone(), note.clone())))
    });
    let change = match recorded.await {
        Ok(change) => change,
        // Deleted by a clean-up in the meantime.
        Err(Undecided::NotFound) => return Ok(()),
        Err(Undecided::Busy) => return Err(RevokeError::Busy(shipment)),
        Err(Undecided::Refused(never)) => match never {},
        Err(Undecided::Store(error)) => return Err(RevokeError::Store(error)),
    };
    if change.shipment().cancellation().is_some() {
        context.drop_secret(shipment).await;
    }
    Ok(())
}
