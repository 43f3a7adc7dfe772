//! State of the service: outages, last runs, credentials that expire, stock.

use std::time::Duration;

use axum::http::Method;
use keyferry_access::Operation;
use keyferry_domain::PhaseName;
use keyferry_domain::ports::Counts;
use keyferry_engine::Run;

use crate::messages::Messages;
use crate::state::ConsoleState;
use crate::time::Instant;
use crate::visitor::Visitor;

/// Longest wait for the stock. The delivery service's answer is kept for some minutes; if it takes longer, the next
/// page shows it.
const PATIENCE: Duration = Duration::from_millis(30);

/// Number of runs that are shown.
const RUNS: usize = 4;

/// Number of keys from which a stock is not low, whatever is ordered.
const ENOUGH: i64 = 25;

/// State of the service, for users who may see all shipments.
pub(super) struct Service {
    pub(super) outages: Vec<Outage>,
    pub(super) runs: Vec<RunRow>,
    /// Credentials that expire within 30 days, in English.
    pub(super) credentials: Option<String>,
    pub(super) stock: Stock,
}

/// Dependency that fails.
pub(super) struct Outage {
    pub(super) party: &'static str,
    /// In English, from the engine.
    pub(super) reason: String,
    pub(super) on_hold: u64,
}

/// Finished run.
pub(super) struct RunRow {
    pub(super) end: Instant,
    pub(super) text: String,
    pub(super) is_held_up: bool,
}

/// Keys that are left.
pub(super) enum Stock {
    /// The delivery service did not answer yet.
    Unknown,
    /// The delivery service offers no list.
    NotOffered,
    /// The delivery service refused the call, or did not answer at all.
    Failed,
    Known(Vec<StockRow>),
}

/// Subscription or stock.
pub(super) struct StockRow {
    pub(super) name: String,
    pub(super) quantity: u64,
    pub(super) is_low: bool,
}

impl Stock {
    pub(super) fn rows(&self) -> &[StockRow] {
        match self {
            Self::Known(rows) => rows,
            _ => &[],
        }
    }

    /// Returns why nothing is shown.
    pub(super) fn note(&self, m: &'static Messages) -> Option<&'static str> {
        match self {
            Self::Unknown => Some(m.overview.stock_unknown),
            Self::NotOffered => Some(m.overview.stock_not_offered),
            Self::Failed => Some(m.overview.stock_failed),
            Self::Known(_) => None,
        }
    }
}

impl Service {
    /// Returns the state, or `None` for users who see only what they ordered.
    pub(super) async fn read(
        state: &ConsoleState,
        visitor: &Visitor,
        counts: &Counts,
        m: &'static Messages,
    ) -> Option<Self> {
        if !visitor.principal().sees_all() {
            return None;
        }
        let processing = &state.engine.processing;
        let outages = processing.outages(counts).into_iter().map(|(party, reason, on_hold)| Outage {
            party: (m.overview.party)(party),
            reason,
            on_hold,
        });
        let runs = processing.recent_runs().into_iter().take(RUNS).map(|run| {
            let kind = if run.result.run == Run::All { m.overview.run_all } else { m.overview.run_due };
            let seconds = (run.ended_at - run.began_at).num_seconds().unsigned_abs();
            let (processed, moved) = (run.result.processed as u64, run.result.moved as u64);
            let text = (m.overview.run)(kind, processed, moved, run.result.obstructed as u64, seconds);
            RunRow { end: run.ended_at.into(), text, is_held_up: !run.result.outages.is_empty() }
        });
        Some(Self {
            outages: outages.collect(),
            runs: runs.collect(),
            credentials: credentials(state, visitor).await,
            stock: stock(state, waiting(counts)).await,
        })
    }
}

async fn credentials(state: &ConsoleState, visitor: &Visitor) -> Option<String> {
    if !visitor.may(Operation::GetStatus) {
        return None;
    }
    let status = visitor.ask(state, Method::GET, "/v1/status", None).await.ok()?;
    let soon = status["KEYFERRY_CREDENTIALS_ENDING_SOON"].as_str()?;
    (!soon.is_empty()).then(|| soon.to_owned())
}

/// Returns the number of orders that are not placed yet.
fn waiting(counts: &Counts) -> i64 {
    let queued = counts.0.iter().filter(|((phase, _), _)| *phase == PhaseName::Queued);
    i64::try_from(queued.map(|(_, count)| count).sum::<u64>()).unwrap_or(i64::MAX)
}

async fn stock(state: &ConsoleState, waiting: i64) -> Stock {
    let preflight = &state.engine.preflight;
    let reader = preflight.clone();
    // Its own task: if the page does not wait, the answer is kept for the next one.
    let read = tokio::spawn(async move { reader.inventory().await });
    let listed = match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(Ok(listed))) => listed,
        Ok(Ok(Err(_)) | Err(_)) => return Stock::Failed,
        Err(_) => return Stock::Unknown,
    };
    let Some(items) = listed.items else { return Stock::NotOffered };
    let row = |item: &keyferry_domain::ports::Inventory| {
        let quantity = item.quantity?;
        let name = item.name.clone().unwrap_or_else(|| item.id.to_string());
        let enough = preflight.low_below(item.id).unwrap_or(ENOUGH);
        let is_low = quantity < enough.max(waiting);
        Some(StockRow { name, quantity: u64::try_from(quantity).unwrap_or_default(), is_low })
    };
    let mut rows: Vec<_> = items.iter().filter_map(row).collect();
    rows.sort_by_key(|row| row.quantity);
    Stock::Known(rows)
}
