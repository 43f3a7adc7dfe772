//! Route and documentation.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::webhooks::{WebhookKey, problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_webhook))
}

/// Delete webhook
///
/// Deletes a webhook with its deliveries and its secret. A message that is being sent may still arrive.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/{webhook_id}",
    tag = "events",
    params(("webhook_id" = String, Path, description = "Id of the webhook")),
    responses(
        (status = 204, description = "The webhook was deleted"),
        (status = 404, description = "The webhook does not exist", body = ErrorBody),
        (status = 409, description = "The webhook is in the settings", body = ErrorBody),
        CommonErrors,
    )
)]
async fn delete_webhook(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ManageWebhooks>,
    WebhookKey(id): WebhookKey,
) -> Result<StatusCode, Problem> {
    state.engine.webhooks.delete(id, principal.caller()).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}
