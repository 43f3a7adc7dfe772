//! `GET` and `POST /console/health/webhooks/{id}/replay`: sends messages again.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use keyferry_domain::MessageId;
use serde::Deserialize;
use serde_json::json;

use super::log::find;
use super::row::WebhookRow;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Submitted, Visitor};

#[derive(Template)]
#[template(path = "replay.html")]
struct ReplayPage {
    frame: Frame,
    webhook: WebhookRow,
    /// `None`: all dead ones.
    message: Option<String>,
    refusal: Option<Refusal>,
}

/// What to send again.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Id of the message. Empty for all dead ones.
    message: String,
}

/// Says what will be sent again, and to whom.
pub(crate) async fn ask_replay(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ManageWebhooks>,
    Path(id): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let wanted = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
    show(&state, &visitor, &id, &wanted, None).await
}

/// Sends it again, as the API's operation does.
pub(crate) async fn replay(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Submitted(visitor, wanted, ..): Submitted<may::ManageWebhooks, Wanted>,
) -> Result<Response, Problem> {
    let webhook = find(&state, &visitor, &id).await?;
    let body = match wanted.message.as_str() {
        "" => json!({ "dead": true }),
        message => json!({ "messages": [message] }),
    };
    let path = format!("/v1/webhooks/{}/replay", webhook.id);
    match visitor.ask(&state, Method::POST, &path, Some(body)).await {
        Ok(done) => {
            let count = done["replayed"].as_u64().unwrap_or_default();
            let caller = visitor.principal().caller();
            tracing::info!(webhook = webhook.id, count, %caller, "operator replayed messages");
            Ok(Redirect::to(&format!("/console/health/webhooks/{}?replayed={count}", webhook.id)).into_response())
        }
        Err(refusal) => show(&state, &visitor, &id, &wanted, Some(refusal)).await,
    }
}

async fn show(
    state: &ConsoleState,
    visitor: &Visitor,
    id: &str,
    wanted: &Wanted,
    refusal: Option<Refusal>,
) -> Result<Response, Problem> {
    let frame = visitor.frame(Place::Health);
    let message = match wanted.message.as_str() {
        "" => None,
        text => match MessageId::parse(text) {
            Some(id) => Some(id.to_string()),
            None => return Err(Problem::not_found(frame)),
        },
    };
    let webhook = find(state, visitor, id).await?;
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status);
    Ok(page(status, &ReplayPage { frame, webhook, message, refusal }))
}
