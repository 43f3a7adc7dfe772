//! Events of the organisation. They have no record: the row of the event is what the transaction depends on.

use async_trait::async_trait;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{Event, ShipmentId};
use keyferry_evidence::Entry;
use serde_json::Value;

use super::append::{Appending, Fate};
use super::events::EventRows;
use super::head::Head;
use super::transaction::RowWrite;
use super::write::WRITE;
use super::{TableStore, layout, partition};

const ID: ShipmentId = ShipmentId::ORGANISATION;

/// Transaction of one event.
struct Own {
    id: String,
    seq: u32,
    events: EventRows,
    /// Value of the column [`WRITE`], which identifies this write.
    name: String,
}

impl TableStore {
    pub(super) async fn append_own(&self, event: &Event) -> Result<(), StoreError> {
        let events = EventRows::of_event(ID, event)?;
        let mut own = Own { id: ID.to_string(), seq: event.seq, events, name: self.name_a_write() };
        self.append(&mut own).await.map(drop)
    }
}

#[async_trait]
impl Appending for Own {
    fn shipment(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn contents(&self) -> Vec<(u32, &str)> {
        self.events.contents()
    }

    fn operations(&self, entries: &[Entry]) -> Result<Vec<RowWrite>, StoreError> {
        let mut operations = self.events.operations(ID, entries)?;
        // The row of the event comes first.
        if let Some(RowWrite::Insert { columns, .. }) = operations.first_mut() {
            columns.insert(WRITE.into(), Value::from(self.name.as_str()));
        }
        Ok(operations)
    }

    async fn fate(&self, store: &TableStore, _: bool) -> Result<Fate, StoreError> {
        let row = store.service.row(partition::SHIPMENTS, &layout::event(ID, self.seq)).await?;
        Ok(match row {
            Some(row) if row.text(WRITE) == self.name => Fate::Done(Some(row.etag)),
            Some(_) => Fate::Failed(StoreError::Exists(format!("event {} of the organisation", self.seq))),
            None => Fate::Unchanged,
        })
    }

    async fn prepare_again(&mut self, store: &TableStore, head: Option<&Head>) -> Result<(), StoreError> {
        let position = head.map_or(0, |head| head.newest.position) + 1;
        Err(match store.unexpected_entry(position).await? {
            Some(reason) => StoreError::Broken { id: self.id.clone(), reason },
            None => StoreError::Conflict(self.id.clone()),
        })
    }
}
