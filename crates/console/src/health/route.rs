//! `GET /console/health`, and `POST /console/health/check`.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::{Operation, may};
use keyferry_domain::Finding;
use serde::Deserialize;

use super::runs::{self, CredentialRow, LeaseRow, ScheduleRow};
use super::settings::{self, Section};
use super::verdict::{self, Trouble, Verdict};
use super::webhooks::WebhookRow;
use crate::frame::{Frame, Place, page};
use crate::job;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::time::Instant;
use crate::visitor::{Allowed, Submitted, Visitor};

/// Time that a visit of the page waits for the first findings.
const VISIT: Duration = Duration::from_secs(2);

/// Time that the button waits for findings.
const REQUEST: Duration = Duration::from_secs(15);

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage {
    frame: Frame,
    verdict: Verdict,
    /// `None` for users who may read only what `/v1/status` returns.
    details: Option<Details>,
    sections: Vec<Section>,
    version: String,
    is_sandbox: bool,
}

/// What users see who may read all shipments, or administer the service.
struct Details {
    troubles: Vec<Trouble>,
    checks: Checks,
    credentials: Vec<CredentialRow>,
    webhooks: Result<Vec<WebhookRow>, String>,
    schedules: Vec<ScheduleRow>,
    leases: Vec<LeaseRow>,
    replica: String,
}

/// Findings of the last checks.
struct Checks {
    findings: Vec<Trouble>,
    ended: Option<Instant>,
    is_running: bool,
    /// Whether the last checks did not end within the time limit.
    is_late: bool,
}

/// Shows the health of the service. Users without a role that reads more see what `GET /v1/status` returns, and whether
/// the service is ready.
pub(crate) async fn health(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetStatus>,
) -> Result<Response, Problem> {
    let mut readiness = state.engine.readiness().await;
    readiness.problems.extend(state.health.sources().server.get());
    let (frame, sources) = (visitor.frame(Place::Health), state.health.sources());
    let m = frame.m;
    let is_ready = readiness.is_ready();
    let (details, verdict, sections) = if visitor.may(Operation::ListWebhooks) {
        let checks = state.health.check(&state.clock, false, VISIT).await;
        let done = checks.last.as_ref().and_then(|done| done.result.clone());
        let findings: &[Finding] = done.as_deref().map_or(&[], Vec::as_slice);
        let activity = state.engine.activity();
        let webhooks = webhooks(&state, &visitor).await;
        let failing: Vec<_> = webhooks.iter().flatten().filter_map(WebhookRow::failing).collect();
        let troubles = verdict::troubles(&readiness.problems, findings, &activity, &failing, m);
        let verdict = verdict::verdict(&troubles, is_ready, done.is_some(), m);
        let leases = state.engine.leases().await;
        let leases = leases.map_err(|error| Problem::of_store(visitor.frame(Place::Health), &error))?;
        let details = Details {
            troubles,
            checks: Checks::of(&checks, findings, &frame),
            credentials: runs::credentials((sources.app_credentials)(), state.clock.now(), m),
            webhooks,
            schedules: runs::schedules(&activity, m),
            leases: runs::leases(leases, m),
            replica: activity.replica,
        };
        (Some(details), verdict, settings::sections(&sources.settings, m))
    } else {
        let status = visitor.ask(&state, Method::GET, "/v1/status", None).await.unwrap_or_default();
        let sentence = if is_ready { m.health.is_ready } else { m.health.not_ready };
        let verdict = Verdict { tone: if is_ready { "good" } else { "bad" }, sentence: sentence.to_owned() };
        (None, verdict, settings::of_status(&status, m))
    };
    let shown = HealthPage {
        verdict,
        details,
        sections,
        version: sources.version.clone(),
        is_sandbox: sources.is_sandbox,
        frame,
    };
    Ok(page(StatusCode::OK, &shown))
}

#[derive(Deserialize)]
pub(crate) struct Check {}

/// Runs the checks, unless they ran within the last minute. One at a time, whoever asks.
pub(crate) async fn examine(
    State(state): State<ConsoleState>,
    Submitted(visitor, Check {}, ..): Submitted<may::ListWebhooks, Check>,
) -> Response {
    tracing::info!(caller = %visitor.principal().caller(), "operator requested the checks of the service");
    drop(state.health.check(&state.clock, true, REQUEST).await);
    Redirect::to("/console/health#checks").into_response()
}

async fn webhooks(state: &ConsoleState, visitor: &Visitor) -> Result<Vec<WebhookRow>, String> {
    let answer = visitor.ask(state, Method::GET, "/v1/webhooks", None).await;
    let answer = answer.map_err(|refusal| refusal.message)?;
    Ok(answer["webhooks"].as_array().into_iter().flatten().map(WebhookRow::of).collect())
}

impl Checks {
    fn of(state: &job::State<Vec<Finding>>, findings: &[Finding], frame: &Frame) -> Self {
        let last = state.last.as_ref();
        Self {
            findings: findings.iter().map(|finding| verdict::of_finding(finding, frame.m)).collect(),
            ended: last.map(|done| done.ended_at.into()),
            is_running: state.running_since.is_some(),
            is_late: last.is_some_and(|done| done.result.is_none()),
        }
    }
}
