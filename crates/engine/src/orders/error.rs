//! Errors of order creation.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{DeliveryId, Failure, FailureClass, Party, PinLength, ShipmentId, UserRef};

use super::request::Created;
use crate::pins::RefusedContact;

/// Reason why an order was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// The user does not exist in the identity provider. Nothing was ordered. The text is prescribed by the vendor's
    /// integration guide.
    #[error("Could not find user: {user}")]
    UserNotFound {
        /// User as given by the caller.
        user: UserRef,
        /// Failure of the call.
        failure: Box<Failure>,
    },
    /// An external system or a rule of the organisation refused the request. Nothing was ordered.
    #[error("{0}")]
    Refused(Failure),
    /// The delivery service refused Keyferry's API token. Nothing was ordered.
    #[error("{0}")]
    TokenRefused(Failure),
    /// An external system throttles Keyferry. Nothing was ordered.
    #[error("{0}")]
    Throttled(Failure),
    /// An external system failed before anything was ordered.
    #[error("{0}")]
    Upstream(Failure),
    /// The order was sent, but its response was lost. An order may exist.
    #[error("{reason}")]
    Unconfirmed {
        /// Keyferry's id, under which the shipment can be read.
        shipment: ShipmentId,
        /// How the response was lost and what to do; the same text as in the shipment's record.
        reason: String,
        /// Failure of the order's call. `None` for an earlier request, and for a response with another order's id.
        failure: Option<Box<Failure>>,
        /// `client-request-id` of the order's call.
        correlation: Option<String>,
        /// Whether this is the response to an earlier request with the same idempotency key.
        replayed: bool,
    },
    /// The order was accepted, but the acceptance could not be recorded yet. Keyferry keeps trying, and accepts no
    /// further orders meanwhile.
    #[error("the delivery service accepted the order as {delivery_id}, but Keyferry could not record it yet: {error}")]
    NotRecorded {
        /// Keyferry's id.
        shipment: ShipmentId,
        /// Delivery service's id.
        delivery_id: DeliveryId,
        /// Error of the store.
        error: StoreError,
    },
    /// The time budget expired. With a shipment, an order may exist. Without, nothing was ordered.
    #[error("the time budget for the order expired")]
    TimedOut {
        /// Keyferry's id, if the order may have been sent.
        shipment: Option<ShipmentId>,
    },
    /// The idempotency key was already used with a different body. Nothing was ordered.
    #[error("this Idempotency-Key was already used with a different body")]
    IdempotencyKeyReused,
    /// The first request with this idempotency key is still in progress.
    #[error("the first request with this Idempotency-Key is still in progress")]
    IdempotencyKeyInUse,
    /// The user has an open order, and the settings allow only one. Nothing was ordered.
    #[error("the user already has an open order: {shipment}")]
    OpenOrderExists {
        /// Id of the open order, as shown to callers.
        shipment: String,
    },
    /// A contact may not receive the PIN. Nothing was ordered.
    #[error("{0}")]
    ContactNotAllowed(RefusedContact),
    /// The PIN is shorter than the organisation permits. Nothing was ordered.
    #[error("PIN `length` must be at least {least}")]
    PinTooShort {
        /// Shortest length that the settings permit.
        least: PinLength,
    },
    /// The order asks for the address from the person, and the settings do not permit that. Nothing was ordered.
    #[error(
        "the order has no address, because its person shall give it (`address_by`), and KEYFERRY_ADDRESS_BY does not \
         permit that. Set it to `order` or `person`, or order with an address"
    )]
    AddressNotByPerson,
    /// Ordering is stopped, because an earlier accepted order could not be recorded. Nothing was ordered.
    #[error("ordering is stopped until the store works again: {reason}")]
    OrderingStopped {
        /// Order that could not be recorded.
        reason: String,
    },
    /// The store failed before anything was ordered.
    #[error("{0}")]
    Store(StoreError),
    /// The task panicked. An order may exist; if the intent was stored, a run records the shipment as unconfirmed.
    #[error("the task that creates the order ended without a result")]
    Crashed,
}

impl CreateError {
    /// Returns whether a key was or may have been ordered for the request, now or by an earlier one with the same
    /// idempotency key.
    pub fn order_may_exist(&self) -> bool {
        matches!(
            self,
            Self::Unconfirmed { .. } | Self::NotRecorded { .. } | Self::TimedOut { shipment: Some(_) } | Self::Crashed
        )
    }
}

impl CreateError {
    /// Returns whether the error tells the caller something about the user: whether it exists, what its addresses are,
    /// or what it has. Callers could ask for it without ordering.
    pub fn is_about_user(&self) -> bool {
        matches!(
            self,
            Self::UserNotFound { .. }
                | Self::Refused(_)
                | Self::OpenOrderExists { .. }
                | Self::ContactNotAllowed(RefusedContact::OwnAddress(_))
        )
    }
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Returns the label `outcome` for metrics.
pub(super) fn outcome(result: &Result<Created, CreateError>) -> &'static str {
    use CreateError::{
        NotRecorded, OrderingStopped, Refused, Throttled, TimedOut, TokenRefused, Unconfirmed, Upstream, UserNotFound,
    };
    match result {
        Ok(_) => "accepted",
        Err(Unconfirmed { .. } | NotRecorded { .. }) => "unconfirmed",
        Err(Refused(_) | UserNotFound { .. }) => "refused",
        Err(TokenRefused(_) | Throttled(_) | Upstream(_) | TimedOut { .. } | OrderingStopped { .. }) => "unavailable",
        Err(_) => "failed",
    }
}

/// Converts a failure of the first call to the identity provider.
pub(super) fn at_identity_provider(failure: Failure, user: &UserRef) -> CreateError {
    match (failure.party, failure.class()) {
        (Party::IdentityProvider, FailureClass::NotFound) => {
            CreateError::UserNotFound { user: user.clone(), failure: Box::new(failure) }
        }
        _ => before_order(failure),
    }
}

/// Converts a failure that occurred before the order could have an effect.
pub(super) fn before_order(failure: Failure) -> CreateError {
    use FailureClass::{AgainstPolicy, AppCredentialRefused, NotFound, Rejected, Throttled};
    match (failure.party, failure.class()) {
        (_, Throttled) => CreateError::Throttled(failure),
        (Party::DeliveryService, AppCredentialRefused) => CreateError::TokenRefused(failure),
        (Party::DeliveryService | Party::IdentityProvider, Rejected | NotFound | AgainstPolicy) => {
            CreateError::Refused(failure)
        }
        _ => CreateError::Upstream(failure),
    }
}
