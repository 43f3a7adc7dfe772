//! Registered credentials of a person's records.

use std::sync::Arc;

use keyferry_domain::ports::{Page, StoreError, Summary};
use keyferry_domain::{
    ObjectId, PhaseName, ProviderId, RegisteredCredential, SerialNumber, Shipment, ShipmentId, Timestamp, UserHandle,
    UserRef,
};

use crate::context::Context;
use crate::views::Views;

/// Most shipments of a person that are read, the newest first.
const MOST: usize = 100;

/// Registered credential of a shipment.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) shipment: ShipmentId,
    pub(crate) phase: PhaseName,
    pub(crate) serial: Option<SerialNumber>,
    pub(crate) provider: ProviderId,
    /// Most stable reference to the user.
    pub(crate) user: UserRef,
    pub(crate) object_id: Option<ObjectId>,
    pub(crate) handle: Option<UserHandle>,
    pub(crate) credential: RegisteredCredential,
    pub(crate) revoked_at: Option<Timestamp>,
}

/// Returns the registered credentials of the person's shipments, newest first. Records that cannot be read are left
/// out.
pub(crate) async fn records(context: &Arc<Context>, user: &UserRef) -> Result<Vec<Record>, StoreError> {
    let Page { items, .. } = Views::new(context.clone()).person(user, None).await?;
    let may_be_registered = |summary: &&Summary| {
        matches!(summary.phase, PhaseName::Registered | PhaseName::Complete | PhaseName::Cancelled)
    };
    let mut all = Vec::new();
    for summary in items.iter().filter(may_be_registered).take(MOST) {
        match context.ports.shipments.get(summary.id).await {
            Ok(Some(stored)) => all.extend(of(stored.shipment())),
            Ok(None) | Err(StoreError::Broken { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

fn of(shipment: &Shipment) -> Vec<Record> {
    let Some(registered) = shipment.phase().registered() else { return Vec::new() };
    let keys = shipment.keys().iter().zip(&registered.credentials).enumerate();
    let records = keys.flat_map(|(index, (key, credentials))| {
        let serial = registered.fulfilled.keys.get(index).map(|hardware| hardware.serial.clone());
        key.credentials.iter().zip(credentials).map(move |(planned, credential)| Record {
            shipment: shipment.id(),
            phase: shipment.phase().name(),
            serial: serial.clone(),
            provider: planned.provider.clone(),
            user: planned.pinned_user(),
            object_id: planned.object_id,
            handle: planned.user_handle().cloned(),
            revoked_at: shipment.revoked_at(&credential.method_id),
            credential: credential.clone(),
        })
    });
    records.collect()
}
