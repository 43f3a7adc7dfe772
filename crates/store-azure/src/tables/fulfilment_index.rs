//! Which shipment has which id of the delivery service: a table finds rows fast by their keys only.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{FulfilmentId, ShipmentId};

use super::key::hashed;
use super::write::columns;
use super::{TableStore, partition};

/// The column with our id.
const ID: &str = "id";

impl TableStore {
    /// Which shipment the entry names. Whether that shipment has the id must still be looked at: the entry is written first.
    pub(super) async fn indexed(&self, fulfilment: &FulfilmentId) -> Result<Option<ShipmentId>, StoreError> {
        let row = self.service.row(partition::FULFILMENT_IDS, &key(fulfilment)).await?;
        Ok(row.and_then(|row| ShipmentId::parse(row.text(ID))))
    }

    /// Makes the entry, before the record says so. An entry whose shipment does not have the id is overwritten.
    pub(super) async fn index(&self, fulfilment: &FulfilmentId, shipment: ShipmentId) -> Result<(), StoreError> {
        let (key, id) = (key(fulfilment), shipment.to_string());
        let entry = || columns([("shipmentId", fulfilment.as_str()), (ID, &id)]);
        let Some(row) = self.service.row(partition::FULFILMENT_IDS, &key).await? else {
            return match self.insert_row(partition::FULFILMENT_IDS, &key, entry()).await {
                Err(StoreError::Exists(_)) | Ok(_) => Ok(()),
                Err(error) => Err(error),
            };
        };
        if row.text(ID) == id {
            return Ok(());
        }
        if let Some(other) = ShipmentId::parse(row.text(ID))
            && self.has(other, fulfilment).await?
        {
            return Ok(());
        }
        self.merge_row(partition::FULFILMENT_IDS, &key, &row.etag, entry()).await.map(drop)
    }

    /// Deletes the entry if it is this shipment's.
    pub(super) async fn unindex(&self, fulfilment: &FulfilmentId, shipment: ShipmentId) -> Result<(), StoreError> {
        let key = key(fulfilment);
        match self.service.row(partition::FULFILMENT_IDS, &key).await? {
            Some(row) if row.text(ID) == shipment.to_string() => {
                self.delete_row(partition::FULFILMENT_IDS, &key, &row.etag).await
            }
            _ => Ok(()),
        }
    }
}

fn key(fulfilment: &FulfilmentId) -> String {
    hashed(&[fulfilment.as_str()])
}
