//! Partition keys of Keyferry. A table sorts by partition key, so all rows from `keyferry` up to `keyferrz` are ours.

use keyferry_domain::BatchId;

pub(super) const SHIPMENTS: &str = "keyferry";
pub(super) const IDEMPOTENCY: &str = "keyferry-idempotency";
pub(super) const LEASES: &str = "keyferry-leases";
pub(super) const BATCHES: &str = "keyferry-batches";
pub(super) const SESSIONS: &str = "keyferry-sessions";
pub(super) const VIEWS: &str = "keyferry-views";
pub(super) const WEBHOOKS: &str = "keyferry-webhooks";
pub(super) const AFTER_ALL: &str = "keyferrz";

/// Returns the partition of the rows of a batch.
pub(super) fn rows_of(batch: BatchId) -> String {
    format!("keyferry-batch-{batch}")
}
