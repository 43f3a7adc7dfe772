//! Classes of failures.

use serde::Serialize;

/// Class of a failure. Only adapters interpret statuses and codes; all other code decides by the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// The other side throttles calls.
    Throttled,
    /// The dependency is down for all calls.
    Outage,
    /// The call got no response, or a response that asks to retry later.
    Unavailable,
    /// The requested item does not exist yet.
    NotYet,
    /// The other side reports that the item already exists.
    Conflict,
    /// The other side refuses Keyferry's own app credential.
    AppCredentialRefused,
    /// Keyferry's own app credential cannot be read or used.
    AppCredentialUnusable,
    /// A setting of Keyferry or of the dependency is wrong. Affects every shipment.
    Misconfigured,
    /// Keyferry lacks the permission for this call, or for this user or shipment.
    Forbidden,
    /// The subject of the call does not exist.
    NotFound,
    /// The other side refuses the content of the call.
    Rejected,
    /// The other side refuses this call permanently.
    NotAllowed,
    /// The response does not match its documentation.
    InvalidResponse,
    /// The PIN has no valid addressee.
    NoAddressee,
    /// The delivery service requires an edit of the order.
    NeedsEditing,
    /// The delivery service reports an unknown state.
    UnknownState,
    /// The shipment does not exist in the delivery service, or was deleted there.
    UnknownShipment,
    /// A required response is missing.
    ResponseMissing,
    /// The delivery failed.
    DeliveryFailed,
    /// The key of a cancelled shipment was made or shipped.
    ShippedDespiteCancellation,
    /// The keys produced do not match the order.
    UnexpectedKeys,
    /// A response is signed with an unpublished key.
    UnknownSigner,
    /// A response does not match the request.
    Untrusted,
    /// The administrator's policy does not allow the key, or a key for this user.
    AgainstPolicy,
    /// The secret needed to open a response is lost.
    SecretLost,
    /// The challenge of the credential has expired.
    ChallengeExpired,
    /// The user name was reassigned to another user after the key was ordered.
    UserChanged,
    /// Keyferry failed because of a bug.
    Defect,
    /// Any other failure.
    Unexpected,
}
