//! `GET /console/health/webhooks/{id}`: a webhook with its deliveries.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use keyferry_access::{Operation, may};
use keyferry_domain::{DeliveryStage, WebhookId};
use serde::Deserialize;
use url::form_urlencoded;

use super::row::{DeliveryRow, WebhookRow};
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Visitor};

#[derive(Template)]
#[template(path = "webhook.html")]
struct WebhookPage {
    frame: Frame,
    webhook: WebhookRow,
    deliveries: Vec<DeliveryRow>,
    /// State that is shown, or empty for all.
    stage: &'static str,
    stages: [&'static str; 3],
    next: Option<String>,
    is_first: bool,
    may_replay: bool,
    /// Number of messages that were sent again just now.
    replayed: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parameters {
    state: String,
    cursor: String,
    replayed: Option<u64>,
}

/// Shows a webhook with a page of its deliveries, newest first.
pub(crate) async fn webhook(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListWebhooks>,
    Path(id): Path<String>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let Parameters { state: stage, cursor, replayed } = parameters.map(|Query(given)| given).unwrap_or_default();
    let webhook = find(&state, &visitor, &id).await?;
    let stage = DeliveryStage::parse(&stage).map_or("", DeliveryStage::as_str);
    let address = |path: &str, cursor: &str| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("state", stage), ("cursor", cursor)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    };
    let path = address(&format!("/v1/webhooks/{}/deliveries", webhook.id), &cursor);
    let found = visitor.ask(&state, Method::GET, &path, None).await.map_err(|refusal| problem(&visitor, &refusal))?;
    let here = format!("/console/health/webhooks/{}", webhook.id);
    let shown = WebhookPage {
        deliveries: found["items"].as_array().into_iter().flatten().map(DeliveryRow::of).collect(),
        next: found["next_cursor"].as_str().map(|next| address(&here, next)),
        webhook,
        stage,
        stages: DeliveryStage::ALL.map(DeliveryStage::as_str),
        is_first: cursor.is_empty(),
        may_replay: visitor.may(Operation::ManageWebhooks),
        replayed,
        frame: visitor.frame(Place::Health),
    };
    Ok(page(StatusCode::OK, &shown))
}

/// Returns the webhook with this id.
pub(super) async fn find(state: &ConsoleState, visitor: &Visitor, id: &str) -> Result<WebhookRow, Problem> {
    let id = WebhookId::parse(id).ok_or_else(|| Problem::not_found(visitor.frame(Place::Health)))?;
    let found = visitor.ask(state, Method::GET, &format!("/v1/webhooks/{id}"), None).await;
    found.map(|body| WebhookRow::of(&body)).map_err(|refusal| problem(visitor, &refusal))
}

pub(super) fn problem(visitor: &Visitor, refusal: &Refusal) -> Problem {
    let frame = visitor.frame(Place::Health);
    match refusal.status {
        StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => Problem::not_found(frame),
        _ => {
            tracing::warn!(reason = refusal.message, "could not read webhooks for a page of the console");
            Problem::unavailable(frame)
        }
    }
}
