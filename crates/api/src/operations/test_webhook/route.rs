//! Route and documentation.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::webhooks::{WebhookKey, problem};
use crate::state::ApiState;

/// Result of a test message.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestBody {
    /// Id of the message: its header `webhook-id`.
    #[schema(example = "0196f0a0-0000-7000-8000-00000000000a")]
    message_id: String,
    /// Whether the receiver accepted it.
    accepted: bool,
    /// Status of the response. `null` if there was none.
    #[schema(example = 204)]
    status: Option<u16>,
    /// Why it was not accepted.
    reason: Option<String>,
}

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(test_webhook))
}

/// Test webhook
///
/// Sends a signed message of type `webhook.test` once, and returns what the receiver answered. Also tests a disabled
/// webhook. The message does not appear among the deliveries.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook_id}/test",
    tag = "events",
    params(("webhook_id" = String, Path, description = "Id of the webhook")),
    responses(
        (status = 200, description = "Result of the test", body = TestBody),
        (status = 404, description = "The webhook does not exist", body = ErrorBody),
        CommonErrors,
    )
)]
async fn test_webhook(
    State(state): State<ApiState>,
    _: Allowed<may::ManageWebhooks>,
    WebhookKey(id): WebhookKey,
) -> Result<Json<TestBody>, Problem> {
    let result = state.engine.webhooks.test(id).await.map_err(problem)?;
    Ok(Json(TestBody {
        message_id: result.message.to_string(),
        accepted: result.outcome.problem.is_none(),
        status: result.outcome.status,
        reason: result.outcome.problem,
    }))
}
