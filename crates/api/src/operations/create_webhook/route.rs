//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::CreateWebhook;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::webhooks::{WebhookBody, problem};
use crate::state::ApiState;

/// New webhook.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedWebhookBody {
    /// The webhook.
    webhook: WebhookBody,
    /// Secret that signs its messages. Shown only here; `null` if the request contained it.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: Option<String>,
}

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(create_webhook))
}

/// Create webhook
///
/// Creates a webhook that receives the events from now on. The response is the only one with its secret. Messages are
/// signed by the Standard Webhooks convention.
#[utoipa::path(
    post,
    path = "/v1/webhooks",
    tag = "events",
    request_body = CreateWebhook,
    responses(
        (status = 201, description = "The webhook was created", body = CreatedWebhookBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid, or messages may not be sent to this URL",
            body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 409, description = "There are too many webhooks", body = ErrorBody),
        CommonErrors,
    )
)]
async fn create_webhook(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ManageWebhooks>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap, Json<CreatedWebhookBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<CreateWebhook>(&bytes, state.unknown_members)?;
    let created = async {
        let new = request.into_new()?;
        state.engine.webhooks.create(new, principal.caller().clone()).await.map_err(problem)
    };
    let (webhook, secret) = created.await.map_err(|problem| unknown.report_on(problem))?;
    let body = CreatedWebhookBody { webhook: webhook.into(), secret: secret.map(|secret| secret.to_string()) };
    Ok((StatusCode::CREATED, unknown.headers(), Json(body)))
}
