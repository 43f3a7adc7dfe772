//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::ReplaceShipment;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::order::{QueuedBody, first_problem, idempotency_key, inside_order, queue};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::reason;
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(replace_shipment))
}

/// Replace shipment
///
/// Queues a new order for the person of a shipment, and links both. The shipment itself is not changed: cancel it if
/// its key must not be registered. For a lost key, report it instead: that deletes its passkey as well.
#[utoipa::path(
    post,
    path = "/v1/shipments/{shipment_id}/replace",
    tag = "shipments",
    params(
        ("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment"),
        (
            "Idempotency-Key" = Option<String>, Header, nullable = false,
            description = "Key that identifies repeated requests: 1 to 255 visible ASCII characters, with or without \
                quotes. A repeated request with this key answers with the same shipment and orders nothing.",
            pattern = r#"^([!#-~]{1,255}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#,
        ),
    ),
    request_body = ReplaceShipment,
    responses(
        (status = 202, description = "The new order waits for its turn", body = QueuedBody,
            headers(
                ("Location" = String, description = "Path of the new shipment"),
                ("Idempotency-Replayed" = Option<String>,
                    description = "`true` if an earlier request with the same Idempotency-Key queued the order"),
                ("Keyferry-Warning" = Option<String>,
                    description = "Members of the request that the API does not know and ignored"),
            )),
        (status = 400, description = "The request is invalid, or the order is for another person. Nothing was ordered.",
            body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "The order of the shipment was not sent yet, or the first request with this \
            Idempotency-Key is in progress", body = ErrorBody),
        (status = 422, description = "This Idempotency-Key was used with another body", body = ErrorBody),
        (status = 429, description = "A limit of the caller or of the person is reached. Nothing was ordered.",
            body = ErrorBody),
        CommonErrors,
    )
)]
async fn replace_shipment(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ReplaceShipment>,
    ShipmentKey(id): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap, Json<QueuedBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let idempotency = idempotency_key(&headers, &bytes)?;
    let (request, unknown) = body::parse::<ReplaceShipment>(&bytes, state.unknown_members)?;
    let unknown_members = unknown.descriptions();
    let queued = async {
        let reason = reason::checked(&request.reason)?;
        let completion = state.engine.orders.completion();
        let order = request.order.into_parts(completion).map_err(|problems| inside_order(first_problem(problems)))?;
        let operator = state.engine.operator.clone();
        queue(&state, &principal, order, idempotency, unknown_members, async |request| {
            Ok(operator.replace(&id, &reason, request).await?)
        })
        .await
    };
    let queued = queued.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok(QueuedBody::answer(queued, unknown.headers()))
}
