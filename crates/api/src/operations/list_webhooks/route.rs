//! Route and documentation.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::problem::{CommonErrors, Problem};
use crate::kit::webhooks::{WebhookBody, problem};
use crate::state::ApiState;

/// All webhooks.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhooksBody {
    /// Webhooks, oldest first.
    webhooks: Vec<WebhookBody>,
}

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_webhooks))
}

/// List webhooks
///
/// Returns all webhooks. Secrets and queries of URLs are not shown.
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    tag = "events",
    responses(
        (status = 200, description = "All webhooks", body = WebhooksBody),
        CommonErrors,
    )
)]
async fn list_webhooks(
    State(state): State<ApiState>,
    _: Allowed<may::ListWebhooks>,
) -> Result<Json<WebhooksBody>, Problem> {
    let all = state.engine.webhooks.list().await.map_err(problem)?;
    Ok(Json(WebhooksBody { webhooks: all.into_iter().map(WebhookBody::from).collect() }))
}
