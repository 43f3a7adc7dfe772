//! Route and documentation.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use keyferry_access::{Limited, Principal, Role};
use keyferry_engine::{CheckRow, PreflightOptions};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::{CheckOrders, LARGEST, orders};
use super::response::{CheckedOrders, CheckedRow, FindingBody};
use super::rows::Row;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Time after which the rest of a check is reported as not checked, so that callers receive an answer.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Roles of callers that may know about users. The checks of others are limited.
const INFORMED: [Role; 3] = [Role::Read, Role::Operate, Role::Audit];

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(check_orders))
}

/// Check orders
///
/// Checks up to 500 orders before they are placed: form and limits, destination, product, inventory, address,
/// repetitions and earlier orders, the user with its groups, roles and passkeys, the addressee of the PIN, and the
/// passkey policy of the tenant. Nothing is ordered and nothing is changed.
///
/// An order without findings is not certain to succeed. What could not be checked is a finding with the code
/// `not-checked`. The check takes at most about 30 seconds; the identity provider permits about one user every two
/// seconds for the count of passkeys.
#[utoipa::path(
    post,
    path = "/v1/orders/check",
    tag = "orders",
    request_body = CheckOrders,
    responses(
        (status = 200, description = "Findings about the orders", body = CheckedOrders,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored")),
            example = json!({"rows": [{"row": 1, "findings": []}, {"row": 2, "findings": [{"severity": "error",
                "member": "yubico_shipment_request.recipient.recipient_lastname", "code": "too-long",
                "message": "Input for Last Name exceeded limit of 20 characters", "remedy": "Shorten the value."}]}],
                "findings": [{"severity": "warning", "member": null, "code": "not-checked",
                "message": "Not checked: customizations. The delivery service offers no list of them, and \
                KEYFERRY_CUSTOMIZATIONS is not set", "remedy": "Grant the permission or set the setting \
                that the message names, or check again later."}],
                "errors": 1, "warnings": 1})),
        (status = 400, description = "The request is not an object with 1 to 500 orders", body = ErrorBody),
        (status = 429, description = "A limit of the caller or of a person is reached. Nothing was checked.",
            body = ErrorBody),
        CommonErrors,
    )
)]
async fn check_orders(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::CheckOrders>,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<CheckedOrders>), Problem> {
    let bytes = body::read_up_to(LARGEST, &headers, body).await?;
    let (orders, unknown) = orders(&bytes, state.unknown_members)?;
    let completion = state.engine.orders.completion();
    let rows = (1..).zip(orders).map(|(number, order)| Row::parse(number, order, state.unknown_members, completion));
    let (mut findings, mut valid) = (Vec::new(), Vec::new());
    for row in rows {
        findings.push(row.findings);
        valid.extend(row.order);
    }
    admit(&state, &principal, &valid)?;
    let mut session = state.engine.preflight.session(PreflightOptions {
        may_be_privileged: principal.has(Role::Admin),
        shows_shipments: principal.sees_all(),
        time_limit: Some(TIME_LIMIT),
    });
    let found = session.check(&valid).await;
    for (row, found) in valid.iter().zip(found) {
        let index = usize::try_from(row.row).unwrap_or_default().saturating_sub(1);
        if let Some(of_row) = findings.get_mut(index) {
            of_row.extend(found.into_iter().map(FindingBody::from));
        }
    }
    let general = session.general().into_iter().map(FindingBody::from).collect();
    let rows = (1..).zip(findings).map(|(row, findings)| CheckedRow { row, findings }).collect();
    tracing::info!(caller = %principal.caller(), orders = valid.len(), "checked orders");
    Ok((unknown.headers(), Json(CheckedOrders::new(rows, general))))
}

/// Counts the checks of a caller that may not know about users, so that it cannot search the directory.
///
/// # Errors
/// 429 if a limit is reached. Nothing is counted then.
fn admit(state: &ApiState, principal: &Principal, rows: &[CheckRow]) -> Result<(), Problem> {
    if INFORMED.into_iter().any(|role| principal.has(role)) {
        return Ok(());
    }
    let application = &principal.caller().application;
    let mut admitted = Vec::new();
    for row in rows {
        match state.limits.admit(Limited::Check, application, &row.order.user.to_string()) {
            Ok(admission) => admitted.push(admission),
            Err(error) => {
                for admission in admitted {
                    admission.take_back();
                }
                return Err(error.into());
            }
        }
    }
    Ok(())
}
