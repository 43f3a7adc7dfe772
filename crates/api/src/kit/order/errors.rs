//! Error responses to orders that failed. They state whether a key may have been ordered nevertheless.

use axum::http::{HeaderValue, StatusCode, header};
use keyferry_domain::{Failure, OrderFinding, Party};
use keyferry_engine::CreateError;

use super::idempotency_key::REPLAYED;
use super::validation::{PIN_LENGTH, path};
use crate::kit::problem::{DEFAULT_RETRY_AFTER, ErrorCode, ErrorType, Problem, error_code, message_of};

/// Path of the request's member with the addressees of the PIN.
const CONTACTS: &str = "enrollment_contacts.emails_to";
/// Member that names who gives the address.
pub(super) const ADDRESS_BY: &str = "address_by";
const NOTHING_ORDERED: &str = "Nothing was ordered.";
const MAYBE_ORDERED: &str = "The order may exist. Do not order again before the shipment is resolved.";

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        let words = error.to_string();
        match error {
            CreateError::UserNotFound { .. } => Self::new(StatusCode::BAD_REQUEST, ErrorCode::Idp, words),
            CreateError::Refused(failure) => refused(&failure),
            CreateError::TokenRefused(failure) => {
                let message = format!(
                    "{failure}. The delivery service refused the connector's own API token; the caller's token is \
                     valid. {} {NOTHING_ORDERED}",
                    failure.remedy()
                );
                // RFC 9110 section 15.5.2 requires a challenge. It has no `error`, since the caller's token is valid.
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
            CreateError::Unconfirmed { shipment, reason, correlation, replayed, .. } => {
                let problem = Self::new(StatusCode::BAD_GATEWAY, ErrorCode::Ye, reason).with(|data| {
                    data.client_request_id = correlation;
                    data.shipment_id = Some(shipment.to_string());
                    data.order_may_exist = Some(true);
                });
                if replayed { problem.with_header(REPLAYED, HeaderValue::from_static("true")) } else { problem }
            }
            CreateError::NotRecorded { shipment, delivery_id, error } => {
                let message = format!(
                    "The delivery service accepted the order as {delivery_id}, but Keyferry could not record it yet \
                     ({error}). It records it as shipment {shipment} as soon as the store accepts writes. Do not order \
                     again."
                );
                Self::new(StatusCode::BAD_GATEWAY, ErrorCode::Ye, message)
                    .with(|data| data.shipment_id = Some(shipment.to_string()))
                    .with(|data| data.delivery_shipment_id = Some(delivery_id.to_string()))
                    .with(|data| data.order_may_exist = Some(true))
            }
            CreateError::TimedOut { shipment: Some(shipment) } => {
                let message = format!("{words}. The delivery service has not confirmed the order yet. {MAYBE_ORDERED}");
                Self::new(StatusCode::GATEWAY_TIMEOUT, ErrorCode::Ye, message)
                    .with(|data| data.shipment_id = Some(shipment.to_string()))
                    .with(|data| data.order_may_exist = Some(true))
            }
            CreateError::TimedOut { shipment: None } => {
                Self::api(StatusCode::GATEWAY_TIMEOUT, ErrorType::Timeout, format!("{words}. {NOTHING_ORDERED}"))
            }
            CreateError::IdempotencyKeyReused => Self::api(
                StatusCode::UNPROCESSABLE_ENTITY,
                ErrorType::Idempotency,
                format!("{words}. {NOTHING_ORDERED}"),
            ),
            CreateError::IdempotencyKeyInUse => {
                Self::api(StatusCode::CONFLICT, ErrorType::Idempotency, format!("{words}. Try again later."))
            }
            CreateError::OpenOrderExists { shipment } => {
                Self::api(StatusCode::CONFLICT, ErrorType::Conflict, format!("{words}. {NOTHING_ORDERED}"))
                    .with(|data| data.shipment_id = Some(shipment))
            }
            CreateError::ContactNotAllowed(_) => Self::field(CONTACTS, format!("{words}. {NOTHING_ORDERED}")),
            CreateError::PinTooShort { .. } => {
                Self::field("pin_request.length", format!("{words} (KEYFERRY_MIN_PIN_LENGTH). {NOTHING_ORDERED}"))
            }
            CreateError::AddressNotByPerson => Self::field(ADDRESS_BY, format!("{words}. {NOTHING_ORDERED}")),
            CreateError::OrderingStopped { .. } => {
                let message = format!("{words}. {NOTHING_ORDERED}");
                Self::api(StatusCode::SERVICE_UNAVAILABLE, ErrorType::Store, message)
                    .with_retry_after(DEFAULT_RETRY_AFTER)
            }
            CreateError::Store(error) => Self::from(error).with_sentence(NOTHING_ORDERED),
            CreateError::Crashed => {
                let message = format!("{words}. This is a defect of the connector. Check its log. {MAYBE_ORDERED}");
                Self::api(StatusCode::BAD_GATEWAY, ErrorType::Internal, message)
                    .with(|data| data.order_may_exist = Some(true))
            }
        }
    }
}

/// Returns the error for an order whose user has an open order that the caller may not see.
pub(crate) fn open_order_of_another_caller() -> Problem {
    let message = format!("the user already has an open order, which another caller placed. {NOTHING_ORDERED}");
    Problem::api(StatusCode::CONFLICT, ErrorType::Conflict, message)
}

/// `error_data.code` of an order that exceeds a limit of the delivery service (guide, section 10.2).
const VALIDATION_CODE: &str = "validation_error";
/// `error_message` of such an order.
const VALIDATION_MESSAGE: &str = "Validation error when creating YED shipment";

/// Returns the error that the delivery service would return for an order that exceeds one of its limits.
pub(crate) fn outside_limits(limit: OrderFinding) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, ErrorCode::Ye, VALIDATION_MESSAGE).with(|data| {
        data.code = Some(VALIDATION_CODE.to_owned());
        data.field = limit.member.map(path);
        data.message = Some(limit.message);
    })
}

/// Returns the error for an order that another service refused, in the form defined by the guide.
fn refused(failure: &Failure) -> Problem {
    if failure.party != Party::DeliveryService {
        let message = format!("{} {NOTHING_ORDERED}", message_of(failure));
        return Problem::of_failure(StatusCode::BAD_REQUEST, failure, message);
    }
    let message = match failure.code() {
        Some(VALIDATION_CODE) => VALIDATION_MESSAGE,
        _ => "Error when creating YED shipment",
    };
    Problem::new(StatusCode::BAD_REQUEST, error_code(failure.party), message).with(|data| {
        data.code = failure.code().map(str::to_owned);
        data.message = Some(failure.message.clone());
    })
}

/// Returns the problem with the path of its member in a request that contains the order as `order`.
pub(crate) fn inside_order(problem: Problem) -> Problem {
    problem.with(|data| data.field = data.field.take().map(|field| format!("order.{field}")))
}

/// Returns the first problem. The guide's form of an error has place for one.
pub(crate) fn first_problem(problems: Vec<Problem>) -> Problem {
    let first = problems.into_iter().next().unwrap_or_else(Problem::internal);
    // The guide prescribes the error about the length of the PIN, without `field`.
    first.with(|data| data.field = data.field.take().filter(|field| field != PIN_LENGTH))
}
