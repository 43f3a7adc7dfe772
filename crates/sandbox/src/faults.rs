//! Faults on demand, and the journal of calls.
//!
//! Every endpoint has a name and goes through [`guard`]. Routes of an `axum::Router` are wrapped with [`named`]:
//! `.route("/delivery/v1/shipments", faults::named("delivery.order", post(order)))`; two names on one path are merged:
//! `faults::named("a", get(x)).merge(faults::named("b", post(y)))`. What does not speak HTTP asks [`Faults::draw`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use serde::{Deserialize, Serialize};

use crate::chance::Chance;
use crate::clock::rfc3339;
use crate::journal::Call;
use crate::listener::Connection;
use crate::state::World;

/// The header by which Microsoft's services correlate a call with the caller's own log.
pub(crate) const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Nothing happens but the answer `status` (503 by default).
    FailBefore,
    /// The effect is committed, then the answer is lost: `status`, or a cut connection without one.
    FailAfter,
    /// The connection is cut and nothing happens.
    Reset,
    /// `delay_ms` pass, then all is well.
    Delay,
    /// Nothing happens but an answer of another kind than expected: `status` (200 by default) with `body`.
    WrongAnswer,
    /// 429, with `Retry-After` when `retry_after` is given.
    Throttle,
}

/// A fault as it was ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// Name of the endpoint, or `*`.
    pub(crate) endpoint: String,
    /// What goes wrong.
    pub(crate) kind: Kind,
    /// HTTP status (or SMTP reply code for `smtp`).
    #[serde(default)]
    pub(crate) status: Option<u16>,
    /// Milliseconds before anything else, for every kind.
    #[serde(default)]
    pub(crate) delay_ms: Option<u64>,
    /// Seconds.
    #[serde(default)]
    pub(crate) retry_after: Option<u64>,
    /// Body of a wrong answer; by default the page of a captive portal.
    #[serde(default)]
    pub(crate) body: Option<String>,
    /// How often; for ever when absent.
    #[serde(default)]
    pub(crate) times: Option<u64>,
    /// How likely, each time; always when absent.
    #[serde(default)]
    pub(crate) probability: Option<f64>,
    /// Seed of the probability; the sandbox's own by default.
    #[serde(default)]
    pub(crate) seed: Option<u64>,
}

/// A rule under its id.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    /// For deletion.
    pub(crate) id: u64,
    /// Times it has struck.
    pub(crate) struck: u64,
    /// The rule; `times` counts down.
    #[serde(flatten)]
    pub(crate) rule: Rule,
    #[serde(skip)]
    chance: Chance,
}

/// All faults that stand.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    standing: Mutex<(u64, Vec<Standing>)>,
}

impl Faults {
    /// None yet; `seed` for probabilities without a seed of their own.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, standing: Mutex::default() }
    }

    /// Adds a rule and tells its id.
    pub(crate) fn add(&self, rule: Rule) -> u64 {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        standing.0 += 1;
        let id = standing.0;
        standing.1.push(Standing { id, struck: 0, chance: Chance::new(rule.seed.unwrap_or(self.seed ^ id)), rule });
        id
    }

    /// Removes one rule, or all. True when there was something to remove.
    pub(crate) fn remove(&self, id: Option<u64>) -> bool {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = standing.1.len();
        standing.1.retain(|one| id.is_some_and(|id| one.id != id));
        standing.1.len() != before
    }

    /// Reads the rules, those that are used up among them.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&[Standing]) -> T) -> T {
        read(&self.standing.lock().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// The fault that this call meets, if any. Counts it.
    pub(crate) fn draw(&self, endpoint: &str) -> Option<Rule> {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        for one in &mut standing.1 {
            if (one.rule.endpoint != "*" && one.rule.endpoint != endpoint) || one.rule.times == Some(0) {
                continue;
            }
            if one.rule.probability.is_some_and(|p| !one.chance.happens(p)) {
                continue;
            }
            one.struck += 1;
            if let Some(times) = one.rule.times.as_mut() {
                *times -= 1;
            }
            return Some(one.rule.clone());
        }
        None
    }
}

/// Wraps the routes of one path under a name. The world comes from the request's extensions, where the server puts it.
pub(crate) fn named<S>(name: &'static str, routes: MethodRouter<S>) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    routes.route_layer(from_fn(move |request: Request, next: Next| async move {
        let Some(world) = request.extensions().get::<Arc<World>>().cloned() else {
            return next.run(request).await;
        };
        guard(&world, name, request, |request| next.run(request)).await
    }))
}

/// Runs a call under a name: faults, journal, and the echo of `client-request-id`.
pub(crate) async fn guard<Run, Answer>(world: &Arc<World>, name: &'static str, request: Request, run: Run) -> Response
where
    Run: FnOnce(Request) -> Answer,
    Answer: Future<Output = Response>,
{
    let connection = request.extensions().get::<ConnectInfo<Connection>>().map(|info| info.0.clone());
    let correlation = request.headers().get(CLIENT_REQUEST_ID).cloned();
    let method = request.method().to_string();
    let path = request.uri().path().to_owned();
    let outcome = strike(world, name, request, run).await;
    world.journal.record(Call {
        at: rfc3339(world.clock.parcels()),
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
        return StatusCode::BAD_GATEWAY.into_response();
    };
    if let Some(value) = correlation {
        response.headers_mut().entry(CLIENT_REQUEST_ID).or_insert(value);
    }
    response
}

/// The answer, or none when the connection is to be cut.
async fn strike<Run, Answer>(world: &Arc<World>, name: &'static str, request: Request, run: Run) -> Option<Response>
where
    Run: FnOnce(Request) -> Answer,
    Answer: Future<Output = Response>,
{
    let Some(rule) = world.faults.draw(name) else {
        return Some(run(request).await);
    };
    if let Some(millis) = rule.delay_ms {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
    match rule.kind {
        Kind::Delay => Some(run(request).await),
        Kind::Reset => None,
        Kind::FailBefore => Some(failure(rule.status.unwrap_or(503))),
        Kind::FailAfter => {
            run(request).await;
            rule.status.map(failure)
        }
        Kind::WrongAnswer => Some(wrong_answer(rule)),
        Kind::Throttle => Some(throttled(rule.retry_after)),
    }
}

fn failure(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let body = serde_json::json!({"error": {"code": "sandboxFault", "message": "A fault of the sandbox, as it was asked for."}});
    (status, axum::Json(body)).into_response()
}

fn wrong_answer(rule: Rule) -> Response {
    let status = rule.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    let portal = || "<!doctype html><title>Guest network</title><p>Please accept the terms of use.".to_owned();
    let body = rule.body.unwrap_or_else(portal);
    let kind = if body.trim_start().starts_with(['{', '[']) { "application/json" } else { "text/html" };
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}

/// 429 in Graph's envelope, which the other services' clients read by its status alone.
pub(crate) fn throttled(retry_after: Option<u64>) -> Response {
    let body = serde_json::json!({"error": {"code": "TooManyRequests", "message": "Too many requests."}});
    let mut response = (StatusCode::TOO_MANY_REQUESTS, axum::Json(body)).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

#[cfg(test)]
mod tests;
