//! Middleware of named endpoints: injects faults and records calls in the journal.
//!
//! Every endpoint has a name. [`Guard::named`] names the routes of an `axum::Router`:
//! `.route("/delivery/v1/shipments", guard.named("delivery.order", post(order)))`.
//! For two names on one path, merge them: `guard.named("a", get(x)).merge(guard.named("b", post(y)))`.
//! Endpoints without HTTP call [`Faults::draw`].

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use super::clock::{Clock, rfc3339};
use super::fault_answers::{failure, throttled, wrong_answer};
use super::faults::{Faults, Kind};
use super::journal::{Call, Journal};
use super::listener::Connection;

/// Header with the caller's correlation id in calls to Microsoft's services.
pub(crate) const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
/// Header with the caller's correlation id in calls to Azure's resources.
///
/// inferred: Key Vault returns it, as the Azure API guidelines require of new services.
const X_MS_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// Runs the calls of named endpoints.
#[derive(Debug)]
pub(crate) struct Guard {
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    journal: Arc<Journal>,
}

impl Guard {
    /// Creates a guard that takes faults from `faults` and writes to `journal`.
    pub(crate) fn new(clock: Arc<Clock>, faults: Arc<Faults>, journal: Arc<Journal>) -> Self {
        Self { clock, faults, journal }
    }

    /// Names the routes of one path.
    pub(crate) fn named<S>(self: &Arc<Self>, name: &'static str, routes: MethodRouter<S>) -> MethodRouter<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        let guard = Arc::clone(self);
        routes.route_layer(from_fn(move |request: Request, next: Next| {
            let guard = Arc::clone(&guard);
            async move { guard.run(name, request, |request| next.run(request)).await }
        }))
    }

    /// Runs a call of the endpoint `name`: injects faults, writes the journal, and returns the caller's ids.
    pub(crate) async fn run<Run, Answer>(&self, name: &'static str, request: Request, run: Run) -> Response
    where
        Run: FnOnce(Request) -> Answer,
        Answer: Future<Output = Response>,
    {
        let connection = request.extensions().get::<ConnectInfo<Connection>>().map(|info| info.0.clone());
        let correlation = request.headers().get(CLIENT_REQUEST_ID).cloned();
        let azure = request.headers().get(X_MS_CLIENT_REQUEST_ID).cloned();
        let method = request.method().to_string();
        let path = request.uri().path().to_owned();
        let outcome = self.strike(name, request, run).await;
        self.journal.record(Call {
            at: rfc3339(self.clock.parcels()),
            endpoint: name,
            method,
            path,
            status: outcome.as_ref().map(|response| response.status().as_u16()),
            client_request_id: correlation.as_ref().and_then(|value| value.to_str().ok()).map(str::to_owned),
        });
        let Some(mut response) = outcome else {
            if let Some(connection) = connection {
                connection.cut();
            }
            // The client does not receive this: the connection refuses the write.
            return StatusCode::BAD_GATEWAY.into_response();
        };
        for (name, value) in [(CLIENT_REQUEST_ID, correlation), (X_MS_CLIENT_REQUEST_ID, azure)] {
            if let Some(value) = value {
                response.headers_mut().entry(name).or_insert(value);
            }
        }
        response
    }

    /// Returns the response, or `None` if the connection must be closed.
    async fn strike<Run, Answer>(&self, name: &'static str, request: Request, run: Run) -> Option<Response>
    where
        Run: FnOnce(Request) -> Answer,
        Answer: Future<Output = Response>,
    {
        let Some(rule) = self.faults.draw(name, request.uri().path()) else {
            return Some(run(request).await);
        };
        if let Some(millis) = rule.delay_ms {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        match rule.kind {
            Kind::Delay => Some(run(request).await),
            Kind::Reset => None,
            Kind::FailBefore => Some(failure(name, rule.status.unwrap_or(503))),
            Kind::FailAfter => {
                run(request).await;
                match rule.body {
                    Some(_) => Some(wrong_answer(rule)),
                    None => rule.status.map(|status| failure(name, status)),
                }
            }
            Kind::WrongAnswer => Some(wrong_answer(rule)),
            Kind::Throttle => Some(throttled(name, rule.retry_after)),
        }
    }
}
