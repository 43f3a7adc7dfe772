//! Load of a server: metrics, changes in the log, and what readiness reports.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::metrics::{Counter, UpDownCounter};
use opentelemetry::{KeyValue, global};
use tokio::sync::watch;
use tokio::time::Instant;

/// Shortest time between two reports of the same kind, so that a client cannot fill the log by alternating.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// Returns the number at which a limit that was reached counts as left. Below the limit, so that load around the limit
/// is one change and not many.
pub(crate) fn lower_mark(limit: usize) -> usize {
    limit * 3 / 4
}

/// Kind of overload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overload {
    /// All connections are in use: clients wait.
    Connections,
    /// At least one client has as many connections or requests as it may have. Other clients are not affected.
    Clients,
}

/// An open connection.
pub(crate) struct OpenConnection(Arc<Load>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.closed();
    }
}

/// Load of one server.
pub struct Load {
    name: &'static str,
    limit: usize,
    state: Mutex<State>,
    /// Changes when idle connections should be closed because others wait.
    pressure: watch::Sender<()>,
    open_connections: UpDownCounter<i64>,
    dropped: Counter<u64>,
}

#[derive(Default)]
struct State {
    open: usize,
    full: Condition,
    limited_clients: usize,
    clients: Condition,
    /// Connections and requests refused since the last report.
    refused: u64,
}

/// A condition that is logged when it begins and ends, at most once per [`REPORT_INTERVAL`].
#[derive(Default)]
struct Condition {
    holds: bool,
    is_reported: bool,
    reported: Option<Instant>,
}

impl Condition {
    /// Returns whether to report the begin.
    fn begin(&mut self, now: Instant) -> bool {
        if std::mem::replace(&mut self.holds, true) {
            return false;
        }
        self.is_reported = self.reported.is_none_or(|last| now - last >= REPORT_INTERVAL);
        if self.is_reported {
            self.reported = Some(now);
        }
        self.is_reported
    }

    /// Returns whether to report the end: only if the begin was reported.
    fn end(&mut self) -> bool {
        std::mem::replace(&mut self.holds, false) && std::mem::replace(&mut self.is_reported, false)
    }
}

/// Reason why a connection or a request was ended by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// The client had as many open as it may have.
    AddressLimit,
    /// No complete head of a request arrived in time.
    RequestTimeout,
    /// The client did not read the response in time.
    ResponseTimeout,
}

impl Dropped {
    const ALL: [Self; 3] = [Self::AddressLimit, Self::RequestTimeout, Self::ResponseTimeout];

    fn as_str(self) -> &'static str {
        match self {
            Self::AddressLimit => "address_limit",
            Self::RequestTimeout => "request_timeout",
            Self::ResponseTimeout => "response_timeout",
        }
    }
}

impl Load {
    pub(crate) fn new(name: &'static str, limit: usize) -> Self {
        let meter = global::meter("keyferry");
        let load = Self {
            name,
            limit,
            state: Mutex::default(),
            pressure: watch::Sender::new(()),
            open_connections: meter
                .i64_up_down_counter("keyferry.connections.open")
                .with_description("Open connections")
                .build(),
            dropped: meter
                .u64_counter("keyferry.connections.dropped")
                .with_description("Connections and requests ended because of a limit")
                .build(),
        };
        // Otherwise the first increase would not be visible as a rate.
        for reason in Dropped::ALL {
            load.count(reason, 0);
        }
        load.open_connections.add(0, &load.label());
        meter
            .u64_gauge("keyferry.connections.limit")
            .with_description("Largest number of open connections")
            .build()
            .record(u64::try_from(limit).unwrap_or(u64::MAX), &load.label());
        load
    }

    /// Returns the current overload. The worse one if there are two.
    pub fn overload(&self) -> Option<Overload> {
        let state = self.state();
        let clients = state.clients.holds.then_some(Overload::Clients);
        if state.full.holds { Some(Overload::Connections) } else { clients }
    }

    /// Counts a connection until the result is dropped.
    pub(crate) fn open(self: &Arc<Self>) -> OpenConnection {
        self.open_connections.add(1, &self.label());
        self.state().open += 1;
        OpenConnection(self.clone())
    }

    fn closed(&self) {
        self.open_connections.add(-1, &self.label());
        let relaxed = {
            let mut state = self.state();
            state.open -= 1;
            state.open <= lower_mark(self.limit) && state.full.end()
        };
        if relaxed {
            tracing::info!(server = self.name, limit = self.limit, "connections are available again");
        }
    }

    /// A connection waits because all are in use. Idle ones are asked to close.
    pub(crate) fn full(&self) {
        self.pressure.send_replace(());
        let begins = self.state().full.begin(Instant::now());
        if begins {
            tracing::warn!(
                server = self.name,
                limit = self.limit,
                remedy = "Find out which clients keep connections open. If all are legitimate, increase \
                          KEYFERRY_MAX_CONNECTIONS or add replicas",
                "all connections are in use: new ones wait"
            );
        }
    }

    /// A connection or request of a client was refused. `newly_limited` is `true` for the first one since the client
    /// reached its limit.
    pub(crate) fn refused(&self, client: IpAddr, limit: usize, newly_limited: bool) {
        self.drop_one(Dropped::AddressLimit);
        let begins = {
            let mut state = self.state();
            state.refused += 1;
            state.limited_clients += usize::from(newly_limited);
            state.clients.begin(Instant::now())
        };
        if begins {
            tracing::warn!(
                server = self.name,
                client = %client,
                limit,
                remedy = "Find out what this client does. If it is a proxy or load balancer, add its network to \
                          KEYFERRY_TRUSTED_PROXIES; if it is legitimate, increase KEYFERRY_MAX_CONNECTIONS_PER_ADDRESS",
                "a client address has too many open connections: refusing further ones"
            );
        }
    }

    /// A client that reached its limit is below it again.
    pub(crate) fn client_relaxed(&self) {
        let relaxed = {
            let mut state = self.state();
            state.limited_clients -= 1;
            (state.limited_clients == 0 && state.clients.end()).then(|| std::mem::take(&mut state.refused))
        };
        if let Some(refused) = relaxed {
            tracing::info!(server = self.name, refused, "no client address has too many open connections any more");
        }
    }

    pub(crate) fn drop_one(&self, reason: Dropped) {
        self.count(reason, 1);
    }

    /// Returns a receiver that changes when idle connections should be closed.
    pub(crate) fn pressure(&self) -> watch::Receiver<()> {
        self.pressure.subscribe()
    }

    fn count(&self, reason: Dropped, number: u64) {
        let labels = [KeyValue::new("server", self.name), KeyValue::new("reason", reason.as_str())];
        self.dropped.add(number, &labels);
    }

    fn label(&self) -> [KeyValue; 1] {
        [KeyValue::new("server", self.name)]
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn condition_is_reported_once_per_change_and_interval() {
        let mut condition = Condition::default();
        let now = Instant::now();
        assert_eq!([condition.begin(now), condition.begin(now)], [true, false]);
        assert_eq!([condition.end(), condition.end()], [true, false]);
        let soon = now + REPORT_INTERVAL - Duration::from_secs(1);
        assert_eq!([condition.begin(soon), condition.end()], [false, false]);
        assert_eq!([condition.begin(now + REPORT_INTERVAL), condition.end()], [true, true]);
    }

    #[test]
    fn overload_ends_below_the_lower_mark() {
        let load = Arc::new(Load::new("api", 8));
        let mut open: Vec<_> = (0..8).map(|_| load.open()).collect();
        load.full();
        assert_eq!(load.overload(), Some(Overload::Connections));
        open.pop();
        assert_eq!(load.overload(), Some(Overload::Connections));
        open.pop();
        assert_eq!(load.overload(), None);
    }
}
