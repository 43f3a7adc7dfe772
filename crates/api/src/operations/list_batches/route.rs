//! Route and documentation.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use keyferry_domain::ports::Cursor;
use keyferry_domain::{BatchId, BatchStateName};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::batches::BatchesBody;
use crate::kit::parameters::Parameters;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::schemas;
use crate::state::ApiState;

const DEFAULT_LIMIT: u32 = 50;
const LARGEST_LIMIT: u32 = 200;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_batches))
}

/// List batches
///
/// Returns a page of batches, newest first.
#[utoipa::path(
    get,
    path = "/v1/batches",
    tag = "batches",
    params(
        ("state" = Option<Vec<schemas::BatchState>>, Query, style = Form, explode = false, min_items = 1,
            description = "Only batches in one of these states, with commas", example = json!(["submitted", "paused"])),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page",
            pattern = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            example = "019ac0de-0000-7000-8000-00000000000b"),
        ("limit" = Option<u32>, Query, description = "Largest number of batches in the page. Default: 50",
            minimum = 1, maximum = 200, example = 50),
    ),
    responses(
        (status = 200, description = "Batches", body = BatchesBody),
        (status = 400, description = "A parameter is invalid. `field` names it.", body = ErrorBody),
        CommonErrors,
    )
)]
async fn list_batches(
    State(state): State<ApiState>,
    _: Allowed<may::ListBatches>,
    uri: Uri,
) -> Result<Json<BatchesBody>, Problem> {
    let parameters = Parameters::of_query(&uri, &["state", "cursor", "limit"])?;
    let names: Vec<_> = BatchStateName::ALL.iter().map(|state| state.as_str()).collect();
    let states = parameters.all("state", &format!("one of: {}", names.join(", ")), BatchStateName::parse)?;
    let after = parameters.parsed("cursor", "the `next_cursor` of a response", |text| {
        BatchId::parse(text).map(|id| Cursor(id.to_string()))
    })?;
    let limit = parameters.parsed("limit", &format!("a whole number from 1 to {LARGEST_LIMIT}"), |text| {
        text.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit))
    })?;
    let page = state.engine.batches.list(&states, after.as_ref(), limit.unwrap_or(DEFAULT_LIMIT)).await?;
    for (batch, reason) in &page.broken {
        tracing::error!(batch, reason, "left out batch that cannot be read");
    }
    Ok(Json(BatchesBody::new(page.items, page.next.map(|cursor| cursor.0))))
}
