//! Route and documentation.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use keyferry_domain::DeliveryStage;
use keyferry_domain::ports::Cursor;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::DeliveriesBody;
use crate::kit::access::{Allowed, may};
use crate::kit::parameters::{Parameters, invalid};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::schemas;
use crate::kit::webhooks::{WebhookKey, problem};
use crate::state::ApiState;

const DEFAULT_LIMIT: u32 = 50;
const LARGEST_LIMIT: u32 = 200;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_deliveries))
}

/// List deliveries of webhook
///
/// Returns the messages to a webhook, newest first: what was delivered in the last 30 days, what is still to be sent,
/// and the dead letters.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{webhook_id}/deliveries",
    tag = "events",
    params(
        ("webhook_id" = String, Path, description = "Id of the webhook"),
        ("state" = Option<schemas::DeliveryStage>, Query, description = "Only deliveries in this state"),
        ("limit" = Option<u32>, Query, description = "Largest number of deliveries in the page. Default: 50",
            minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "Page of deliveries", body = DeliveriesBody),
        (status = 400, description = "A parameter is invalid. `field` names it.", body = ErrorBody),
        (status = 404, description = "The webhook does not exist", body = ErrorBody),
        CommonErrors,
    )
)]
async fn list_deliveries(
    State(state): State<ApiState>,
    _: Allowed<may::ListWebhooks>,
    WebhookKey(id): WebhookKey,
    uri: Uri,
) -> Result<Json<DeliveriesBody>, Problem> {
    let parameters = Parameters::of_query(&uri, &["state", "limit", "cursor"])?;
    let stage = parameters.parsed("state", "pending, delivered or dead", DeliveryStage::parse)?;
    let limit = parameters.parsed("limit", &format!("a whole number from 1 to {LARGEST_LIMIT}"), |text| {
        text.parse::<u32>().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit))
    })?;
    let cursor = parameters.get("cursor");
    // The form of each store's cursor.
    let is_cursor = |text: &&str| text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if let Some(other) = cursor.filter(|text| !is_cursor(text)) {
        return Err(invalid("cursor", "`next_cursor` of the page before", other));
    }
    let after = cursor.map(|text| Cursor(text.to_owned()));
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let page = state.engine.webhooks.deliveries(id, stage, after.as_ref(), limit).await.map_err(problem)?;
    Ok(Json(page.into()))
}
