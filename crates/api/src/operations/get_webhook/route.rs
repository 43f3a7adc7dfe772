//! Route and documentation.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::webhooks::{WebhookBody, WebhookKey, problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_webhook))
}

/// Get webhook
///
/// Returns a webhook. Its secret and the query of its URL are not shown.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{webhook_id}",
    tag = "events",
    params(("webhook_id" = String, Path, description = "Id of the webhook")),
    responses(
        (status = 200, description = "The webhook", body = WebhookBody),
        (status = 404, description = "The webhook does not exist", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_webhook(
    State(state): State<ApiState>,
    _: Allowed<may::ListWebhooks>,
    WebhookKey(id): WebhookKey,
) -> Result<Json<WebhookBody>, Problem> {
    Ok(Json(state.engine.webhooks.get(id).await.map_err(problem)?.into()))
}
