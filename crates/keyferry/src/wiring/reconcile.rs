//! Comparison of database and journal, at start and for `keyferry reconcile --journal`.

use keyferry_domain::finding::counted;
use keyferry_engine::{Continuity, Engine};

use super::store::LostDatabase;
use super::{PortWrapper, parts};
use crate::config::Settings;

/// Fails if the database lacks something that the journal says.
pub(super) async fn require_intact(engine: &Engine) -> Result<(), String> {
    let found = compare(engine).await?;
    if !found.unreadable.is_empty() {
        tracing::warn!(places = %found.unreadable.join(", "), "journal has unreadable entries; they are ignored");
    }
    if found.is_intact() {
        return Ok(());
    }
    let missing = counted(found.missing.len(), "accepted order", "accepted orders");
    let unconfirmed =
        counted(found.unconfirmed.len(), "order whose response was lost", "orders whose response was lost");
    let behind = counted(found.behind.len(), "shipment whose PIN was sent is", "shipments whose PIN was sent are");
    let newest = found.missing.first().map(|order| {
        format!(" The newest missing order is shipment {}, accepted as {}.", order.shipment, order.delivery_id)
    });
    Err(format!(
        "the database is older than the journal: it has no record of {missing} and of {unconfirmed}, and {behind} in \
         an earlier phase.{} The database was probably restored from a backup, is another one, or records were deleted \
         by hand. Keyferry does not start, because it could order keys and send PINs a second time. Run `keyferry \
         reconcile --journal` to see the differences; `keyferry reconcile --confirm` accepts them",
        newest.unwrap_or_default()
    ))
}

/// Compares database and journal, and confirms the differences if `confirm`.
pub(crate) async fn reconcile(
    settings: Settings,
    wrapper: &dyn PortWrapper,
    confirm: bool,
) -> Result<Continuity, String> {
    let lost_database = if confirm { LostDatabase::Replaced } else { LostDatabase::Refused };
    let parts = parts(&settings, wrapper, lost_database).await?;
    let engine = Engine::without_metrics(wrapper.ports(parts.ports), settings.engine);
    let found = compare(&engine).await?;
    if confirm {
        engine.confirm_differences().await.map_err(|error| error.to_string())?;
    }
    Ok(found)
}

async fn compare(engine: &Engine) -> Result<Continuity, String> {
    let compared = engine.compare_with_journal().await;
    compared.map_err(|error| format!("could not compare the database with the journal of accepted orders: {error}"))
}
