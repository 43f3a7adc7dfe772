//! Route and documentation.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use keyferry_access::{Limited, Principal, Role};
use keyferry_domain::{Operation, SecretBytes};
use keyferry_engine::{PrintError, Release, ResendError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::PrintPin;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

const PDF: &str = "application/pdf";

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(print_pin))
}

/// Print PIN
///
/// Fetches the PIN response from the delivery service, decrypts it, and returns a letter with the PIN: a PDF file of
/// one page, for a window envelope. It is a release like a resend, with the same rules. It is closed before the
/// response is sent: earlier links to the PIN do not work any more, and another letter is another release. Nothing of
/// the letter is stored. Only a signed-in user can print one, and only with `KEYFERRY_PIN_LETTERS=on`.
#[utoipa::path(
    post,
    path = "/v1/shipments/{shipment_id}/pin-letter",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    request_body = PrintPin,
    responses(
        (status = 200, description = "The letter. It contains the PIN: do not store it",
            body = String, content_type = "application/pdf",
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid, or the letter's font does not have a character of it",
            body = ErrorBody),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "PINs are not printed, the key is not registered yet, a run is processing the \
            shipment, the record was altered, or release rules forbid the release: `code` is the first one",
            body = ErrorBody),
        (status = 410, description = "The PIN is no longer available: the delivery service no longer has it, or the \
            key that decrypts it was purged", body = ErrorBody),
        (status = 429, description = "A limit of the caller or of the person is reached. Nothing was printed.",
            body = ErrorBody),
        (status = 502, description = "The PIN could not be fetched or decrypted", body = ErrorBody),
        CommonErrors,
    )
)]
async fn print_pin(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::PrintPin>,
    ShipmentKey(id): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Bytes), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<PrintPin>(&bytes, state.unknown_members)?;
    let letter = print(&state, &principal, &id, request).await.map_err(|problem| unknown.report_on(problem))?;
    let mut headers = unknown.headers();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PDF));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"pin-letter.pdf\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Wiped when the response was sent.
    Ok((headers, Bytes::from_owner(Letter(letter))))
}

/// Prints within the limits of the caller and the person, as for a resend.
async fn print(state: &ApiState, principal: &Principal, id: &str, request: PrintPin) -> Result<SecretBytes, Problem> {
    let order = request.into_order()?;
    let caller = principal.caller().clone();
    let view = state.engine.views.shipment(id).await?.ok_or_else(|| Problem::unknown_shipment(id))?;
    let release = Release { reason: order.reason.clone(), may_override: principal.has(Role::Pin) };
    let limited = if release.is_override() { Limited::Release } else { Limited::Resend };
    let admission = match state.limits.admit(limited, &caller.application, &view.user) {
        Ok(admission) => admission,
        Err(reached) => {
            state.engine.operator.limit_reached(id, caller, &reached.to_string()).await;
            return Err(reached.into());
        }
    };
    let printed = state.engine.operator.print_pin(id, caller, release, order.into_printer()).await;
    printed.map_err(|error| {
        // A store that failed may have closed the release.
        let may_be_closed = match &error {
            PrintError::NotReleased(ResendError::Store(_)) => true,
            PrintError::NotReleased(ResendError::Failed(failure)) => failure.operation == Operation::Store,
            _ => false,
        };
        if !may_be_closed {
            admission.take_back();
        }
        error.into()
    })
}

struct Letter(SecretBytes);

impl AsRef<[u8]> for Letter {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}
