//! Route and documentation.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use keyferry_engine::AddressError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::problem;
use super::request::GiveAddress;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(give_address))
}

/// Give address
///
/// Gives the address of a queued order that was accepted without one (`KEYFERRY_ADDRESS_BY=person`), in place of the
/// person. The order is sent when it is its turn. A caller with only the role `Keyferry.Order` gives the address of its
/// own orders. The address is stored sealed until the order is sent, and deleted then.
#[utoipa::path(
    put,
    path = "/v1/shipments/{shipment_id}/address",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "Keyferry's id of the shipment")),
    request_body = GiveAddress,
    responses(
        (status = 204, description = "The address was stored",
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The address cannot be used. Nothing was stored.", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "The shipment does not wait for an address, or is being processed",
            body = ErrorBody),
        (status = 502, description = "The sealed order could not be read", body = ErrorBody),
        CommonErrors,
    )
)]
async fn give_address(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::GiveAddress>,
    ShipmentKey(id): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<GiveAddress>(&bytes, state.unknown_members)?;
    let given = async {
        let view = state.engine.views.shipment(&id).await?;
        view.filter(|view| principal.sees(&view.requested_by)).ok_or_else(|| Problem::unknown_shipment(&id))?;
        let given = request.read().map_err(|findings| problem(&id, AddressError::Refused(findings)))?;
        let addresses = &state.engine.addresses;
        let given = addresses.give_as_operator(&id, principal.caller().clone(), given).await;
        given.map_err(|error| problem(&id, error))
    };
    given.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((StatusCode::NO_CONTENT, unknown.headers()))
}
