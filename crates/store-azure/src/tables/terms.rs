//! Index from search terms to shipments.
//!
//! The index is written in the same transaction as the record. The column `terms` of the shipment's row is
//! authoritative: a wrong index entry, for example after an edit by hand, yields no result.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use keyferry_domain::ports::{RecordColumns, ShipmentFilter, StoreError, Stored};
use keyferry_domain::{DeliveryId, ShipmentId, ShipmentStore as _, Term};

use super::columns::{Row, columns};
use super::transaction::RowWrite;
use super::{TableStore, layout, partition, row};

impl TableStore {
    /// Returns writes of an index entry for each term of the record. Existing entries are written again, which repairs
    /// the index.
    pub(super) fn index(record: &RecordColumns) -> Vec<RowWrite> {
        let entry = |term: &Term| RowWrite::Upsert {
            key: layout::term(term.as_str(), &record.id),
            columns: columns([("term", term.as_str())]),
        };
        record.terms.iter().map(entry).collect()
    }

    /// Returns the deletions of a shipment's index entries for these terms. Missing entries are left out, because
    /// deleting a missing row would fail the transaction.
    pub(super) async fn unindex(&self, id: &str, terms: &[String]) -> Result<Vec<RowWrite>, StoreError> {
        let keys = terms.iter().map(|term| layout::term(term, id));
        let entries = keys.map(|key| async move {
            let row = self.service.row(partition::SHIPMENTS, &key).await?;
            Ok::<_, StoreError>(row.map(|row| RowWrite::Delete { key, etag: row.etag }))
        });
        Ok(try_join_all(entries).await?.into_iter().flatten().collect())
    }

    /// Returns the shipments that have index entries for all of these terms, ordered by id.
    pub(super) async fn indexed(&self, terms: &[Term]) -> Result<BTreeSet<ShipmentId>, StoreError> {
        let mut found: Option<BTreeSet<ShipmentId>> = None;
        for term in terms {
            let rows = self.service.all_keys(layout::term_rows(term)).await?;
            let ids: BTreeSet<_> = rows.iter().filter_map(|row| layout::shipment_of(row.key())).collect();
            found = Some(match found {
                Some(before) => before.intersection(&ids).copied().collect(),
                None => ids,
            });
        }
        Ok(found.unwrap_or_default())
    }

    /// Returns the shipment with the lowest id whose record contains this id of the delivery service.
    pub(super) async fn first_with(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        for shipment in self.indexed(&[Term::delivery_id(id)]).await? {
            let stored = self.get(shipment).await?;
            if let Some(stored) = stored.filter(|stored| stored.shipment().phase().delivery_id() == Some(id)) {
                return Ok(Some(stored));
            }
        }
        Ok(None)
    }
}

/// Returns the terms that a row has and the record does not.
pub(super) fn removed(before: &Row, record: &RecordColumns) -> Vec<String> {
    let kept: BTreeSet<_> = record.terms.iter().map(Term::as_str).collect();
    row::terms(before).into_iter().filter(|term| !kept.contains(term.as_str())).collect()
}

/// Returns whether the row has all terms of the filter.
pub(super) fn has_all(row: &Row, filter: &ShipmentFilter) -> bool {
    let terms = row::terms(row);
    filter.terms().iter().all(|term| terms.iter().any(|found| found == term.as_str()))
}
