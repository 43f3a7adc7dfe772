//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::ReplayDeliveries;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::webhooks::{WebhookKey, problem};
use crate::state::ApiState;

/// Result of a replay.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplayBody {
    /// Number of messages that are sent again.
    #[schema(example = 3)]
    replayed: u64,
}

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(replay_deliveries))
}

/// Replay deliveries of webhook
///
/// Sends messages again, with the same ids and bodies, for up to three days. Messages that are pending are sent at
/// once.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook_id}/replay",
    tag = "events",
    params(("webhook_id" = String, Path, description = "Id of the webhook")),
    request_body = ReplayDeliveries,
    responses(
        (status = 200, description = "The messages are sent again", body = ReplayBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The webhook or a message does not exist", body = ErrorBody),
        CommonErrors,
    )
)]
async fn replay_deliveries(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ManageWebhooks>,
    WebhookKey(id): WebhookKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<ReplayBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<ReplayDeliveries>(&bytes, state.unknown_members)?;
    let replayed = async {
        let replay = request.into_replay()?;
        state.engine.webhooks.replay(id, replay, principal.caller()).await.map_err(problem)
    };
    let replayed = replayed.await.map_err(|problem| unknown.report_on(problem))?;
    Ok((unknown.headers(), Json(ReplayBody { replayed })))
}
