//! Route and documentation.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort};
use keyferry_engine::Position;
use keyferry_listing::decode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::ReconciliationBody;
use crate::kit::access::{Allowed, may};
use crate::kit::parameters::Parameters;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(reconcile))
}

/// Reconcile
///
/// Compares a part of the records with the delivery service's list of orders and with the passkeys at the identity
/// provider, for about 10 s. Changes nothing. Start without `cursor`, and repeat the call with `next_cursor` until it
/// is `null`. Each difference has a remedy, and the operation that applies it. A side that fails is in `not_compared`,
/// and the others are compared all the same. For each person with a key, it makes one call to the identity provider,
/// and one more for a person with an open order.
#[utoipa::path(
    get,
    path = "/v1/reconciliation",
    tag = "operations",
    params(
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous part", min_length = 1),
    ),
    responses(
        (status = 200, description = "Part of the comparison", body = ReconciliationBody),
        (status = 400, description = "A parameter is invalid. `field` names it.", body = ErrorBody),
        CommonErrors,
    )
)]
async fn reconcile(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::Reconcile>,
    uri: Uri,
) -> Result<Json<ReconciliationBody>, Problem> {
    let parameters = Parameters::of_query(&uri, &["cursor"])?;
    let from = parameters.parsed("cursor", "the `next_cursor` of a response", |text| {
        Position::parse(&decode(text, &ShipmentFilter::default(), ShipmentSort::Id)?.0)
    })?;
    if from.is_none() {
        tracing::info!(caller = %principal.caller(), "caller started a comparison of both sides");
    }
    Ok(Json(state.engine.reconciliation.slice(from.unwrap_or_else(Position::start)).await?.into()))
}
