//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use keyferry_access::{Limited, Principal, Role};
use keyferry_domain::OrderInfo;
use keyferry_engine::{CreateError, CreateRequest, Created};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::{CreatedBody, CreatedData};
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::order::{
    CreateShipment, REPLAYED, first_problem, idempotency_key, open_order_of_another_caller, outside_limits,
};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(create_shipment))
}

/// Create shipment
///
/// Requests creation options for the user from the identity provider, encrypts them for the key factory, and orders the
/// key from the delivery service.
///
/// The connector never repeats an order. After a 502 or 504 with `order_may_exist` `true`, check the shipment before
/// you order again. With an `Idempotency-Key` header, repeated requests create one shipment and return the same
/// response.
#[utoipa::path(
    post,
    path = "/v1/fpr/shipments",
    tag = "shipments",
    params((
        "Idempotency-Key" = Option<String>, Header, nullable = false,
        description = "Key that identifies repeated requests: 1 to 255 visible ASCII characters, with or without \
            quotes. Stored for 7 days per calling application.",
        pattern = r#"^([!#-~]{1,255}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#,
    )),
    request_body = CreateShipment,
    responses(
        (status = 201, description = "The delivery service accepted the order", body = CreatedBody,
            headers(
                ("Idempotency-Replayed" = Option<String>,
                    description = "`true` on a response to an earlier request with the same Idempotency-Key"),
                ("Keyferry-Warning" = Option<String>,
                    description = "Members of the request that the API does not know and ignored"),
            ),
            links(
                ("shipment" = (operation_id = "get_shipment",
                    parameters(("shipment_id" = "$response.body#/data/shipment_id")))),
                ("details" = (operation_id = "get_details",
                    parameters(("shipment_id" = "$response.body#/data/shipment_id")))),
                ("resolve" = (operation_id = "resolve_shipment",
                    parameters(("shipment_id" = "$response.body#/data/shipment_id")))),
                ("resend" = (operation_id = "post_resend_pin",
                    parameters(("shipment_id" = "$response.body#/data/shipment_id")))),
            )),
        (status = 400, description = "The request is invalid, or another service refused it. Nothing was ordered.",
            body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored")),
            examples(
                ("limit_of_the_delivery_service" = (value = json!({"error_code": "ye_error",
                    "error_message": "Validation error when creating YED shipment", "error_data": {
                    "code": "validation_error", "field": "yubico_shipment_request.recipient.recipient_lastname",
                    "message": "Input for Last Name exceeded limit of 20 characters"}}))),
                ("wrong_request" = (value = json!({"error_code": "api_error",
                    "error_message": "PIN `length` must be between 4 and 63",
                    "error_data": {"error_type": "validation"}}))),
                ("unknown_user" = (value = json!({"error_code": "idp_error",
                    "error_message": "Could not find user: 7dc95e2f-53b1-4b0a-9b7c-0d5b7e6f2a11"}))),
            )),
        (status = 409, description = "The first request with this Idempotency-Key is in progress, or the user has an \
            open order", body = ErrorBody),
        (status = 422, description = "This Idempotency-Key was used with another body", body = ErrorBody),
        (status = 429, description = "A limit of the caller or of the person is reached. Nothing was ordered.",
            body = ErrorBody),
        (status = 502, description = "The identity provider or the delivery service failed. If `order_may_exist` is \
            `true`, a key may have been ordered.", body = ErrorBody,
            headers(("Idempotency-Replayed" = Option<String>,
                description = "`true` on a response to an earlier request with the same Idempotency-Key"))),
        (status = 504, description = "The order took too long. If `order_may_exist` is `true`, a key may have been \
            ordered.", body = ErrorBody),
        CommonErrors,
    )
)]
async fn create_shipment(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::CreateShipment>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap, Json<CreatedBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let idempotency = idempotency_key(&headers, &bytes)?;
    let (request, unknown) = body::parse::<CreateShipment>(&bytes, state.unknown_members)?;
    let unknown_members = unknown.descriptions();
    let created = async {
        let additional = request.additional.unwrap_or(false);
        let order = request.into_order().map_err(first_problem)?;
        state.engine.orders.check(&order).map_err(outside_limits)?;
        let caller = principal.caller().clone();
        let admission = state.limits.admit(Limited::Order, &caller.application, &order.user.to_string())?;
        let may_be_privileged = principal.has(Role::Admin);
        let request = CreateRequest {
            caller,
            order,
            info: OrderInfo::default(),
            additional,
            may_be_privileged,
            idempotency,
            unknown_members,
        };
        let created = state.engine.orders.create(request).await;
        match &created {
            created if is_new_order(created) => {}
            Err(error) if error.is_about_user() => admission.take_back_for_person(),
            _ => admission.take_back(),
        }
        match created {
            Err(CreateError::OpenOrderExists { shipment }) if !is_visible(&state, &principal, &shipment).await? => {
                Err(open_order_of_another_caller())
            }
            created => Ok(created?),
        }
    };
    let created = created.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    let (data, mut headers) = (CreatedData { shipment_id: created.delivery_id.to_string() }, unknown.headers());
    headers.extend(created.replayed.then(|| (REPLAYED, HeaderValue::from_static("true"))));
    Ok((StatusCode::CREATED, headers, Json(CreatedBody { data })))
}

async fn is_visible(state: &ApiState, principal: &Principal, shipment: &str) -> Result<bool, Problem> {
    let view = state.engine.views.shipment(shipment).await?;
    Ok(view.is_some_and(|view| principal.sees(&view.requested_by)))
}

/// Returns whether a key was or may have been ordered by this request.
fn is_new_order(result: &Result<Created, CreateError>) -> bool {
    match result {
        Ok(created) => !created.replayed,
        Err(CreateError::Unconfirmed { replayed: true, .. }) => false,
        Err(error) => error.order_may_exist(),
    }
}
