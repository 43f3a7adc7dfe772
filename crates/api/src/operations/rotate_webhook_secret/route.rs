//! Route and documentation.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use keyferry_domain::SecretBytes;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::RotateWebhookSecret;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::parameters::invalid;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::webhooks::{WebhookKey, problem};
use crate::state::ApiState;

const DEFAULT_HOURS: u32 = 24;
const LONGEST_HOURS: u32 = 168;

/// New secret of a webhook.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretBody {
    /// The secret. Shown only here; `null` if the request contained it.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: Option<String>,
}

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(rotate_webhook_secret))
}

/// Rotate secret of webhook
///
/// Replaces the secret that signs the messages. For some hours, messages have two signatures: by the new secret and by
/// the one before, so that the receiver can change its secret without a gap.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{webhook_id}/rotate-secret",
    tag = "events",
    params(("webhook_id" = String, Path, description = "Id of the webhook")),
    request_body = RotateWebhookSecret,
    responses(
        (status = 200, description = "The secret was replaced", body = SecretBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The webhook does not exist", body = ErrorBody),
        (status = 409, description = "The webhook is in the settings", body = ErrorBody),
        CommonErrors,
    )
)]
async fn rotate_webhook_secret(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ManageWebhooks>,
    WebhookKey(id): WebhookKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<SecretBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<RotateWebhookSecret>(&bytes, state.unknown_members)?;
    let rotated = async {
        let hours = request.keep_previous_hours.unwrap_or(DEFAULT_HOURS);
        if hours > LONGEST_HOURS {
            let expected = format!("a whole number from 0 to {LONGEST_HOURS}");
            return Err(invalid("keep_previous_hours", &expected, &hours.to_string()));
        }
        let secret = request.secret.map(|secret| SecretBytes::new(secret.into_bytes()));
        let overlap = Duration::from_secs(u64::from(hours) * 3600);
        state.engine.webhooks.rotate_secret(id, secret, overlap, principal.caller()).await.map_err(problem)
    };
    let secret = rotated.await.map_err(|problem| unknown.report_on(problem))?;
    Ok((unknown.headers(), Json(SecretBody { secret: secret.map(|secret| secret.to_string()) })))
}
