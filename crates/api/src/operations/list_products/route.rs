//! Route and documentation.

use axum::Json;
use axum::extract::State;
use keyferry_domain::time_text;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::Products;
use crate::kit::access::{Allowed, may};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_products))
}

/// List products
///
/// Returns what can be ordered: products, subscriptions and stocks with the number of keys left, and customizations.
/// Keyferry reads it from the delivery service and keeps it for five minutes.
#[utoipa::path(
    get,
    path = "/v1/products",
    tag = "orders",
    responses(
        (status = 200, description = "What can be ordered", body = Products),
        (status = 502, description = "The delivery service failed", body = ErrorBody),
        CommonErrors,
    )
)]
async fn list_products(
    State(state): State<ApiState>,
    _: Allowed<may::ListProducts>,
) -> Result<Json<Products>, Problem> {
    let preflight = &state.engine.preflight;
    let products = preflight.products().await.map_err(|failure| Problem::upstream(&failure))?;
    let inventory = preflight.inventory().await.map_err(|failure| Problem::upstream(&failure))?;
    let customizations = preflight.customizations();
    Ok(Json(Products {
        items: products.items.map(|items| items.iter().map(Into::into).collect()),
        next_cursor: (),
        inventory: inventory.items.map(|items| items.iter().map(Into::into).collect()),
        customizations: (!customizations.is_empty()).then(|| customizations.to_vec()),
        read_at: time_text(inventory.read_at),
    }))
}
