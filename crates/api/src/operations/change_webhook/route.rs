//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::ChangeWebhook;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::webhooks::{WebhookBody, WebhookKey, checked_description, problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(change_webhook))
}

/// Change webhook
///
/// Changes a webhook, or enables or disables it. Members that are missing keep their values.
#[utoipa::path(
    patch,
    path = "/v1/webhooks/{webhook_id}",
    tag = "events",
    params(("webhook_id" = String, Path, description = "Id of the webhook")),
    request_body = ChangeWebhook,
    responses(
        (status = 200, description = "The changed webhook", body = WebhookBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid, or messages may not be sent to this URL",
            body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The webhook does not exist", body = ErrorBody),
        (status = 409, description = "The webhook is in the settings", body = ErrorBody),
        CommonErrors,
    )
)]
async fn change_webhook(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ManageWebhooks>,
    WebhookKey(id): WebhookKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<WebhookBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (mut request, unknown) = body::parse::<ChangeWebhook>(&bytes, state.unknown_members)?;
    let changed = async {
        request.description = request.description.take().map(checked_description).transpose()?;
        state.engine.webhooks.change(id, request.into(), principal.caller()).await.map_err(problem)
    };
    let webhook = changed.await.map_err(|problem| unknown.report_on(problem))?;
    Ok((unknown.headers(), Json(webhook.into())))
}
