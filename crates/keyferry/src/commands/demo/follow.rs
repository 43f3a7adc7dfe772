//! Prints what happens to orders, and what to do next, while the demo runs.

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use keyferry_domain::ports::{EventCursor, RecordedEvent};
use keyferry_domain::{Clock, EventKind, Shipment, ShipmentStore};
use keyferry_engine::Ports;

use super::pretty::for_terminals;
use crate::commands::print;
use crate::wiring::PortWrapper;

/// How often the store is asked for new events.
const PAUSE: Duration = Duration::from_millis(500);
/// Events read at once.
const PAGE: u32 = 100;

/// Wraps the connector of the demo: remembers its store, and indents its answers for terminals.
pub(super) struct Watched<'a> {
    inner: &'a dyn PortWrapper,
    store: OnceLock<Arc<dyn ShipmentStore>>,
}

impl<'a> Watched<'a> {
    pub(super) fn new(inner: &'a dyn PortWrapper) -> Self {
        Self { inner, store: OnceLock::new() }
    }
}

impl PortWrapper for Watched<'_> {
    fn clock(&self, clock: Arc<dyn Clock>) -> Arc<dyn Clock> {
        self.inner.clock(clock)
    }

    fn ports(&self, ports: Ports) -> Ports {
        let ports = self.inner.ports(ports);
        // A connector is put together once.
        drop(self.store.set(ports.shipments.clone()));
        ports
    }

    fn routes(&self, routes: Router) -> Router {
        self.inner.routes(routes).layer(from_fn(for_terminals))
    }
}

/// Where a reader looks next.
pub(super) struct Places {
    pub(super) mailbox: String,
    pub(super) sign_in: String,
    pub(super) shipments: String,
}

/// Prints each event that is recorded from now on. Returns only when the store fails.
pub(super) async fn follow(watched: &Watched<'_>, places: &Places) {
    let Some(store) = watched.store.get() else { return };
    let mut cursor = EventCursor::start();
    let mut known = true;
    loop {
        let events = match store.events_after(&cursor, PAGE).await {
            Ok(events) => events,
            Err(error) => {
                tracing::error!(%error, "could not read events: the demo no longer prints what happens");
                return;
            }
        };
        if events.is_empty() {
            // Events of an earlier demo on the same data are over by now.
            known = false;
            tokio::time::sleep(PAUSE).await;
        }
        for recorded in events {
            if !known && let Ok(Some(stored)) = store.get(recorded.shipment).await {
                print(&lines(&recorded, stored.change.shipment(), places));
            }
            cursor = recorded.cursor;
        }
    }
}

fn lines(recorded: &RecordedEvent, shipment: &Shipment, places: &Places) -> String {
    let event = &recorded.event;
    let user = shipment.user().map(ToString::to_string).unwrap_or_default();
    let id = shipment.phase().delivery_id().map_or_else(|| shipment.id().to_string(), ToString::to_string);
    let detail = event.detail.as_str();
    let details = format!("{}/{id}", places.shipments);
    let (what, next) = match event.kind {
        EventKind::Accepted => (
            format!("ordered a key for {user}: shipment {id}"),
            Some("the factory makes the key in about ten seconds".into()),
        ),
        EventKind::Fulfilled => ("made and shipped the key".to_owned(), None),
        EventKind::Registered => (format!("registered the key for {user}"), None),
        EventKind::Completed => (
            detail.strip_prefix("registered, and ").unwrap_or(detail).to_owned(),
            Some(format!("read it at {}, then sign in: {} (tutorial, step 6)", places.mailbox, places.sign_in)),
        ),
        EventKind::PinResent => {
            (format!("sent the PIN again: {detail}"), Some(format!("read it at {}", places.mailbox)))
        }
        EventKind::Obstacle
        | EventKind::Refused
        | EventKind::Unconfirmed
        | EventKind::Cancelled
        | EventKind::ShippedDespiteCancellation => {
            (format!("{}: {detail}", event.kind.as_str()), Some(format!("look at {details}")))
        }
        EventKind::ObstacleCleared => ("obstacle cleared".to_owned(), None),
        EventKind::CancelRequested
        | EventKind::Abandoned
        | EventKind::CancellationConfirmed
        | EventKind::Revoked
        | EventKind::Lost
        | EventKind::PersonLeft
        | EventKind::Returned => (format!("{}: {detail}", event.kind.as_str()), None),
        EventKind::Queued => ("queued the order".to_owned(), None),
        EventKind::DeadlineNear
        | EventKind::Late
        | EventKind::Requeued
        | EventKind::Replaced
        | EventKind::RetryRequested
        | EventKind::Adopted
        | EventKind::PinReleased
        | EventKind::PinOffered
        | EventKind::PinSeen
        | EventKind::AccessPassRequested
        | EventKind::AccessPassOpened
        | EventKind::AccessPassFailed
        | EventKind::AccessPassSeen
        | EventKind::AccessPassRemoved
        | EventKind::LimitReached
        | EventKind::PersonMailed
        | EventKind::PersonNotMailed
        | EventKind::Objected
        | EventKind::AddressRequested
        | EventKind::AddressGiven
        | EventKind::StockLow
        | EventKind::StockBack => (detail.to_owned(), None),
        EventKind::Submitted | EventKind::StateChanged => return String::new(),
    };
    let time = event.last_at.format("%H:%M:%S");
    let next = next.map(|next| format!("          next: {next}\n")).unwrap_or_default();
    format!("{time}  {what}\n{next}")
}

/// Prints the commands again whenever somebody at the terminal presses Enter.
pub(super) fn reprint_on_enter(commands: String) {
    if !std::io::stdin().is_terminal() {
        return;
    }
    // A thread: reading a terminal blocks, and must not keep the process from ending.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() {
                return;
            }
            print(&commands);
        }
    });
}
