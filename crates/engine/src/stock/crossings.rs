//! Crossings of thresholds, as events of the organisation: each once, with any number of processes.

use std::collections::BTreeMap;

use keyferry_domain::ports::{Inventory, StoreError};
use keyferry_domain::{Event, EventKind, Note, ShipmentId, StockLevel};

use crate::context::Context;

/// Events that are read from the store at once.
const PAGE: u32 = 500;

/// Attempts while other processes write events.
const ATTEMPTS: u32 = 5;

/// What the events of the organisation show.
#[derive(Default)]
struct Known {
    /// Number of the newest event.
    newest: u32,
    /// Whether an inventory is low, by its newest event.
    low: BTreeMap<i64, bool>,
}

/// Stores an event for each inventory that is on another side of its threshold than its newest event shows.
pub(super) async fn record(context: &Context, items: &[Inventory]) {
    if let Err(error) = try_record(context, items).await {
        tracing::warn!(%error, "could not store event about the stock; the next comparison is in an hour");
    }
}

async fn try_record(context: &Context, items: &[Inventory]) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        let known = known(context).await?;
        if crossings(context, items, &known).is_empty() {
            return Ok(());
        }
        // The number may be some minutes old, and another process may have stored an event about a newer one.
        let now = match context.ports.delivery_service.inventory().await {
            Ok(now) => now.unwrap_or_default(),
            Err(failure) => {
                tracing::warn!(%failure, "could not read stock again; the next comparison is in an hour");
                return Ok(());
            }
        };
        if append(context, &known, crossings(context, &now, &known)).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Returns the crossings since the newest events, with a text for operators.
fn crossings(context: &Context, items: &[Inventory], known: &Known) -> Vec<(StockLevel, String)> {
    let mut found = Vec::new();
    for (id, threshold) in &context.settings.stock_thresholds {
        let Some(item) = items.iter().find(|item| item.id == *id) else { continue };
        let Some(quantity) = item.quantity else { continue };
        let (is_low, was_low) = (quantity < *threshold, known.low.get(id).copied().unwrap_or_default());
        if is_low == was_low {
            continue;
        }
        let name = item.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let side = if is_low { "fewer than" } else { "at least" };
        let detail = format!("inventory {id}{name} has {quantity} keys left, {side} {threshold}");
        found.push((StockLevel { inventory: *id, quantity, threshold: *threshold }, detail));
    }
    found
}

/// Stores the events. Returns `false` if another process was faster.
async fn append(context: &Context, known: &Known, crossings: Vec<(StockLevel, String)>) -> Result<bool, StoreError> {
    for (seq, (level, detail)) in (known.newest.saturating_add(1)..).zip(crossings) {
        let event = Event::of_stock(seq, level, Note::new(context.now(), detail));
        match context.ports.shipments.append_event(&event).await {
            Ok(()) => {}
            Err(StoreError::Exists(_)) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

async fn known(context: &Context) -> Result<Known, StoreError> {
    let mut known = Known::default();
    loop {
        let page = context.ports.shipments.events(ShipmentId::ORGANISATION, known.newest, PAGE).await?;
        let Some(last) = page.last() else { return Ok(known) };
        known.newest = last.seq;
        for event in page {
            if let Some(level) = event.stock {
                known.low.insert(level.inventory, event.kind == EventKind::StockLow);
            }
        }
    }
}
