//! Inventory of the delivery service's organization.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::refused::Refused;
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quantity {
    quantity: u64,
}

/// Sets the quantity of an inventory product.
pub(super) async fn set(
    State(world): State<Arc<World>>,
    Path(id): Path<u64>,
    Json(wanted): Json<Quantity>,
) -> Result<StatusCode, Refused> {
    if world.delivery.stock.set(id, wanted.quantity) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::unknown(format!("the organization has no inventory product {id}")))
    }
}
