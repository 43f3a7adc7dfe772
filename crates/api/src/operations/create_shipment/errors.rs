//! Orders that did not go through, and what may have been ordered all the same.

use axum::http::{HeaderValue, StatusCode, header};
use keyferry_domain::ports::OutsideLimits;
use keyferry_domain::{Failure, Party};
use keyferry_engine::CreateError;

use crate::kit::problem::{ErrorCode, Problem, error_code, message_of};

/// Member of the request that names the PIN's addressees.
const CONTACTS: &str = "enrollment_contacts.emails_to";
const NOTHING_ORDERED: &str = "Nothing was ordered.";
const MAYBE_ORDERED: &str = "A key may be on its way: do not order again before the shipment is settled.";

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        let words = error.to_string();
        match error {
            CreateError::UserNotFound { .. } => Self::new(StatusCode::BAD_REQUEST, ErrorCode::Idp, words),
            CreateError::Refused(failure) => refused(&failure),
            CreateError::TokenRefused(failure) => {
                let message = format!(
                    "{failure}. This is about the connector's own API token, not about the caller's. {} {NOTHING_ORDERED}",
                    failure.remedy()
                );
                // RFC 9110 section 15.5.2 wants a challenge; one without an error does not blame the caller's token.
                Self::of_failure(StatusCode::UNAUTHORIZED, &failure, message).with_header(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Bearer realm=\"delivery-service\""),
                )
            }
            CreateError::Throttled(failure) => Self::throttled(&failure, NOTHING_ORDERED),
            CreateError::Upstream(failure) => {
                let message = format!("{} {NOTHING_ORDERED}", message_of(&failure));
                Self::of_failure(StatusCode::BAD_GATEWAY, &failure, message)
            }
            CreateError::Unconfirmed { shipment, reason, correlation } => {
                Self::new(StatusCode::BAD_GATEWAY, ErrorCode::Ye, reason)
                    .with_some("client_request_id", correlation.as_deref())
                    .with("shipment_id", shipment.to_string())
                    .with("order_may_exist", true)
            }
            CreateError::NotRecorded { shipment, delivery_id, error } => {
                let message = format!(
                    "The delivery service accepted the order as {delivery_id}, but that could not be recorded \
                     ({error}). Do not order again: once the store works, resolve shipment {shipment} as adopted with \
                     that id."
                );
                Self::new(StatusCode::BAD_GATEWAY, ErrorCode::Ye, message)
                    .with("shipment_id", shipment.to_string())
                    .with("delivery_shipment_id", delivery_id.as_str())
                    .with("order_may_exist", true)
            }
            CreateError::TimedOut { shipment: Some(shipment) } => {
                let message = format!("{words}, and the order is being sent or its answer is awaited. {MAYBE_ORDERED}");
                Self::new(StatusCode::GATEWAY_TIMEOUT, ErrorCode::Ye, message)
                    .with("shipment_id", shipment.to_string())
                    .with("order_may_exist", true)
            }
            CreateError::TimedOut { shipment: None } => {
                Self::api(StatusCode::GATEWAY_TIMEOUT, "timeout", format!("{words}. {NOTHING_ORDERED}"))
            }
            CreateError::IdempotencyKeyReused => {
                Self::api(StatusCode::UNPROCESSABLE_ENTITY, "idempotency", format!("{words}. {NOTHING_ORDERED}"))
            }
            CreateError::IdempotencyKeyInUse => {
                Self::api(StatusCode::CONFLICT, "idempotency", format!("{words}. Try again later."))
            }
            CreateError::OpenOrderExists { shipment } => {
                Self::api(StatusCode::CONFLICT, "conflict", format!("{words}. {NOTHING_ORDERED}"))
                    .with("shipment_id", shipment)
            }
            CreateError::ContactNotAllowed(_) => Self::field(CONTACTS, format!("{words}. {NOTHING_ORDERED}")),
            CreateError::Store(error) => Self::from(error).with_sentence(NOTHING_ORDERED),
            CreateError::Crashed => {
                let message = format!("{words}. It is a defect of the connector; its log tells more. {MAYBE_ORDERED}");
                Self::api(StatusCode::BAD_GATEWAY, "internal", message).with("order_may_exist", true)
            }
        }
    }
}

/// `error_data.code` of an order that breaks a limit of the delivery service (guide 10.2).
const VALIDATION_CODE: &str = "validation_error";
/// Its `error_message`.
const VALIDATION_MESSAGE: &str = "Validation error when creating YED shipment";

/// An order that the delivery service is known to refuse, as if it had been asked.
pub(super) fn outside_limits(limit: OutsideLimits) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, ErrorCode::Ye, VALIDATION_MESSAGE)
        .with("code", VALIDATION_CODE)
        .with("message", limit.to_string())
}

/// What an outside party said no to, in the guide's form.
fn refused(failure: &Failure) -> Problem {
    if failure.party != Party::DeliveryService {
        let message = format!("{} {NOTHING_ORDERED}", message_of(failure));
        return Problem::of_failure(StatusCode::BAD_REQUEST, failure, message);
    }
    let message = match failure.code() {
        Some(VALIDATION_CODE) => VALIDATION_MESSAGE,
        _ => "Error when creating YED shipment",
    };
    Problem::new(StatusCode::BAD_REQUEST, error_code(failure.party), message)
        .with_some("code", failure.code())
        .with("message", failure.message.as_str())
}
