//! Levels of the stock: read from the delivery service, and compared with the thresholds.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use keyferry_domain::Failure;
use keyferry_domain::ports::Inventory;
use tokio::sync::Mutex;

use super::crossings;
use crate::context::Context;
use crate::readiness::Problem;

/// Time for which what was read is used for orders.
const LIFETIME: Duration = Duration::from_secs(300);

/// Time between two comparisons with the thresholds.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Levels that this process read.
#[derive(Default)]
pub(crate) struct Levels {
    /// With the monotonic time at which they are read anew.
    read: Mutex<Option<(Duration, Arc<Vec<Inventory>>)>>,
    /// Inventories that are low, with their message.
    low: std::sync::Mutex<Vec<(i64, String)>>,
}

impl Levels {
    /// Returns the inventories of the organisation, which may be some minutes old. `None` if the delivery service does
    /// not offer them. Concurrent callers wait for one call.
    pub(super) async fn get(&self, context: &Context) -> Result<Option<Arc<Vec<Inventory>>>, Failure> {
        let mut read = self.read.lock().await;
        let now = context.ports.clock.monotonic();
        if let Some((until, items)) = &*read
            && now < *until
        {
            return Ok(Some(items.clone()));
        }
        let Some(items) = context.ports.delivery_service.inventory().await?.map(Arc::new) else { return Ok(None) };
        *read = Some((now + LIFETIME, items.clone()));
        Ok(Some(items))
    }

    /// Returns what an operator must know about the stock. It blocks nothing.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let low = self.low.lock().unwrap_or_else(PoisonError::into_inner);
        low.iter()
            .map(|(_, message)| Problem { code: "stock-low", message: message.clone(), is_blocking: false })
            .collect()
    }
}

/// Compares the stock with the thresholds at start and once an hour, without end. Does nothing without thresholds.
pub(crate) async fn watch(context: &Context) {
    if context.settings.stock_thresholds.is_empty() {
        return std::future::pending().await;
    }
    loop {
        compare(context).await;
        context.ports.clock.sleep(INTERVAL).await;
    }
}

/// Compares the stock with the thresholds, and logs each inventory once when it becomes low, and once when it has
/// enough again.
async fn compare(context: &Context) {
    let items = match context.stock.get(context).await {
        Ok(Some(items)) => items,
        Ok(None) => {
            return tracing::warn!(
                "delivery service does not offer its stock; KEYFERRY_STOCK_THRESHOLDS has no effect"
            );
        }
        // The levels of the last comparison remain.
        Err(failure) => return tracing::warn!(%failure, "could not read stock; the next comparison is in an hour"),
    };
    let mut low = Vec::new();
    for (id, least) in &context.settings.stock_thresholds {
        let Some(item) = items.iter().find(|item| item.id == *id) else {
            let remedy = "Correct KEYFERRY_STOCK_THRESHOLDS. GET /v1/products lists the inventories.";
            low.push((*id, format!("The delivery service does not list inventory {id}. {remedy}")));
            continue;
        };
        let Some(quantity) = item.quantity else { continue };
        let is_low = quantity < *least;
        context.metrics.stock(*id, quantity, is_low);
        if is_low {
            let name = item.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            let remedy = "Buy more keys, or order from another inventory.";
            low.push((*id, format!("Inventory {id}{name} has {quantity} keys left, fewer than {least}. {remedy}")));
        }
    }
    crossings::record(context, &items).await;
    let mut last = context.stock.low.lock().unwrap_or_else(PoisonError::into_inner);
    let ids = |low: &[(i64, String)]| low.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>();
    let (before, now) = (ids(&last), ids(&low));
    for (id, message) in low.iter().filter(|(id, _)| !before.contains(id)) {
        tracing::warn!(inventory = id, message, "stock is low; logged once until it has enough again");
    }
    for id in before.difference(&now) {
        tracing::info!(inventory = id, "stock has enough keys again");
    }
    *last = low;
}
