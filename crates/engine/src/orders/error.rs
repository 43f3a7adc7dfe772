//! Why there is no accepted order to tell of.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{DeliveryId, EmailAddress, Failure, FailureClass, Party, ShipmentId, UserRef};

use super::request::Created;

/// Why there is no accepted order to tell of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// The identity provider knows no such user.
    #[error("Could not find user: {user}")]
    UserNotFound {
        /// As the caller named them.
        user: UserRef,
    },
    /// An outside party refused what the caller asked for. Nothing was ordered.
    #[error("{0}")]
    Refused(Failure),
    /// The delivery service refused our API token. Nothing was ordered.
    #[error("{0}")]
    TokenRefused(Failure),
    /// An outside party throttles. Nothing was ordered.
    #[error("{0}")]
    Throttled(Failure),
    /// An outside party failed before anything was ordered.
    #[error("{0}")]
    Upstream(Failure),
    /// The order was sent and its answer lost.
    #[error("{reason}")]
    Unconfirmed {
        /// Our id: the shipment stays visible under it.
        shipment: ShipmentId,
        /// How the answer was lost and what that means, as the shipment's record tells it, too.
        reason: String,
        /// Correlation id of the order's call.
        correlation: Option<String>,
    },
    /// The order was accepted, but that could not be recorded.
    #[error("the order was accepted as {delivery_id}, but recording that failed: {error}")]
    NotRecorded {
        /// Our id.
        shipment: ShipmentId,
        /// The delivery service's.
        delivery_id: DeliveryId,
        /// What the store said.
        error: StoreError,
    },
    /// The time budget is over. With a shipment the order may exist, without one nothing was ordered.
    #[error("the time budget for an order is over")]
    TimedOut {
        /// Our id, when the order may have been sent.
        shipment: Option<ShipmentId>,
    },
    /// The idempotency key was used with another body.
    #[error("this Idempotency-Key was used before with another body")]
    IdempotencyKeyReused,
    /// The first request with this idempotency key is still under way.
    #[error("the first request with this Idempotency-Key is still under way")]
    IdempotencyKeyInUse,
    /// The user has an open order, and a setting forbids a second one.
    #[error("the user has an open order already: {shipment}")]
    OpenOrderExists {
        /// Its id, as callers know it.
        shipment: String,
    },
    /// The order names a contact outside the allowed domains.
    #[error("{0} does not belong to a domain that may receive PINs")]
    ContactNotAllowed(EmailAddress),
    /// The store failed before anything was ordered.
    #[error("{0}")]
    Store(StoreError),
    /// The task died. It is a defect; with a record of it the shipment shows up by itself.
    #[error("the order's task ended without a result")]
    Crashed,
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What came of an order, for metrics.
pub(super) fn outcome(result: &Result<Created, CreateError>) -> &'static str {
    use CreateError::{NotRecorded, Refused, Throttled, TimedOut, TokenRefused, Unconfirmed, Upstream, UserNotFound};
    match result {
        Ok(_) => "accepted",
        Err(Unconfirmed { .. } | NotRecorded { .. }) => "unconfirmed",
        Err(Refused(_) | UserNotFound { .. }) => "refused",
        Err(TokenRefused(_) | Throttled(_) | Upstream(_) | TimedOut { .. }) => "unavailable",
        Err(_) => "not_taken",
    }
}

/// A failure while the identity provider is asked for a credential.
pub(super) fn at_identity_provider(failure: Failure, user: &UserRef) -> CreateError {
    match (failure.party, failure.class()) {
        (Party::IdentityProvider, FailureClass::NotFound) => CreateError::UserNotFound { user: user.clone() },
        _ => before_order(failure),
    }
}

/// A failure before the order could have had an effect.
pub(super) fn before_order(failure: Failure) -> CreateError {
    use FailureClass::{AppCredentialRefused, NotFound, Rejected, Throttled};
    match (failure.party, failure.class()) {
        (_, Throttled) => CreateError::Throttled(failure),
        (Party::DeliveryService, AppCredentialRefused) => CreateError::TokenRefused(failure),
        (Party::DeliveryService | Party::IdentityProvider, Rejected | NotFound) => CreateError::Refused(failure),
        _ => CreateError::Upstream(failure),
    }
}

pub(super) fn no_order_exists(error: &CreateError) -> bool {
    !matches!(
        error,
        CreateError::Unconfirmed { .. }
            | CreateError::NotRecorded { .. }
            | CreateError::TimedOut { shipment: Some(_) }
            | CreateError::Crashed
    )
}
