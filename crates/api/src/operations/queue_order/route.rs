//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::order::{QueueOrder, QueuedBody, first_problem, idempotency_key, queue};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(queue_order))
}

/// Queue order
///
/// Accepts an order and answers at once. The order is sent to the delivery service when it is its turn, at the pace
/// that the identity provider and the delivery service permit. Until then, address and contacts are stored sealed. What
/// prevents the order is an obstacle of the shipment, not an error of this request.
#[utoipa::path(
    post,
    path = "/v1/orders",
    tag = "orders",
    params((
        "Idempotency-Key" = Option<String>, Header, nullable = false,
        description = "Key that identifies repeated requests: 1 to 255 visible ASCII characters, with or without \
            quotes. A repeated request with this key answers with the same shipment and orders nothing.",
        pattern = r#"^([!#-~]{1,255}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#,
    )),
    request_body = QueueOrder,
    responses(
        (status = 202, description = "The order waits for its turn", body = QueuedBody,
            headers(
                ("Location" = String, description = "Path of the shipment"),
                ("Idempotency-Replayed" = Option<String>,
                    description = "`true` if an earlier request with the same Idempotency-Key queued the order"),
                ("Keyferry-Warning" = Option<String>,
                    description = "Members of the request that the API does not know and ignored"),
            ),
            examples(("queued" = (value = json!({"id": "019ac0de-0000-7000-8000-00000000000a", "phase": "queued"}))))),
        (status = 400, description = "The request is invalid. Nothing was ordered.", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 409, description = "The first request with this Idempotency-Key is in progress", body = ErrorBody),
        (status = 422, description = "This Idempotency-Key was used with another body", body = ErrorBody),
        (status = 429, description = "A limit of the caller or of the person is reached. Nothing was ordered.",
            body = ErrorBody),
        CommonErrors,
    )
)]
async fn queue_order(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::QueueOrder>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap, Json<QueuedBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let idempotency = idempotency_key(&headers, &bytes)?;
    let (request, unknown) = body::parse::<QueueOrder>(&bytes, state.unknown_members)?;
    let unknown_members = unknown.descriptions();
    let queued = async {
        let orders = state.engine.orders.clone();
        let queued = request.into_parts(orders.completion()).map_err(first_problem)?;
        queue(&state, &principal, queued, idempotency, unknown_members, async |request| {
            Ok(orders.enqueue(request).await?)
        })
        .await
    };
    let queued = queued.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok(QueuedBody::answer(queued, unknown.headers()))
}
