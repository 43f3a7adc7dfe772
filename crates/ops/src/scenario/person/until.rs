//! Waiting for what other parties have, and reading it.

use std::time::Duration;

use keyferry_azure_identity::AccessToken;
use keyferry_http::UrlExt as _;

use crate::scenario::Trouble;
use crate::scenario::answers::{Order, Orders, Outside};
use crate::scenario::step::Steps;
use crate::scenario::wire::{Wire, ask, expect};

pub(super) const PAUSE: Duration = Duration::from_millis(200);
/// Most attempts of what a run of processing may hinder.
pub(super) const MAX_ATTEMPTS: usize = 50;

/// Repeats a read until it returns a value, and processes shipments in between. The error of a read is what it saw
/// instead.
pub(super) async fn until<T>(
    wire: &Wire<'_>,
    steps: &Steps<'_>,
    token: &AccessToken,
    place: &'static str,
    expected: &str,
    read: impl AsyncFn() -> Result<Result<T, String>, Trouble>,
) -> Result<T, Trouble> {
    let began = steps.clock().now();
    loop {
        let seen = match read().await? {
            Ok(found) => return Ok(found),
            Err(seen) => seen,
        };
        let waited = steps.since(began);
        if waited >= wire.world.patience {
            return Err(Trouble::NotSeen { place, expected: expected.to_owned(), seconds: waited.as_secs(), seen });
        }
        process(wire, token).await?;
        steps.clock().sleep(PAUSE).await;
    }
}

/// Has the connector process shipments.
pub(super) async fn process(wire: &Wire<'_>, token: &AccessToken) -> Result<(), Trouble> {
    let url = wire.api(&["v1", "operations", "process-shipments"])?;
    let process = wire.http.post(&url).bearer(token.expose());
    expect("POST /v1/operations/process-shipments", process, 204).await.map(drop)
}

/// Returns the orders of the delivery service, with their addresses.
pub(super) async fn orders(wire: &Wire<'_>, outside: &Outside) -> Result<Vec<Order>, Trouble> {
    let url = outside.delivery_endpoint.join_segments(["shipments_exact"])?;
    let list = wire.http.get(&url).bearer(&outside.delivery_token);
    let list: Orders = ask("the delivery service's list of orders", list, 200).await?;
    Ok(list.shipments)
}
