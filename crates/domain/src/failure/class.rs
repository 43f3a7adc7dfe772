//! What kind of failure it is, for whoever decides what happens next.

use serde::Serialize;

/// What kind of failure it is. Adapters know codes and statuses; everybody else decides by the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// The other side asks for fewer calls.
    Throttled,
    /// The dependency as a whole does not work at present.
    Outage,
    /// This call got no answer, or an answer that says "later".
    Unavailable,
    /// What is asked for is not there yet.
    NotYet,
    /// It is there already, or so the other side says.
    Conflict,
    /// The other side refuses the connector's own app credential.
    AppCredentialRefused,
    /// The connector's own app credential cannot be read or used.
    AppCredentialUnusable,
    /// A setting of the connector or of the dependency is wrong, for every shipment.
    Misconfigured,
    /// The connector may not make this call, or not for this user or shipment.
    Forbidden,
    /// What the call is about does not exist.
    NotFound,
    /// The other side does not accept the call's content.
    Rejected,
    /// The other side will never accept the call.
    NotAllowed,
    /// The answer is not what the documentation says.
    Unintelligible,
    /// The PIN has no addressee to whom it can be sent.
    NoAddressee,
    /// The delivery service waits until somebody edits the order.
    NeedsEditing,
    /// The delivery service reports a state that the adapter does not know.
    UnknownState,
    /// The delivery service does not know the shipment, or not any more.
    UnknownShipment,
    /// A response that must be there is not served.
    ResponseMissing,
    /// The delivery failed.
    DeliveryFailed,
    /// The keys that were made are not the ones that were ordered.
    UnexpectedKeys,
    /// A response is signed by a key that is not published.
    UnknownSigner,
    /// A response is not what was asked for.
    Untrusted,
    /// What is needed to open a response is lost.
    SecretLost,
    /// The challenge that the credential answers has expired.
    ChallengeExpired,
    /// The user name means another user than when the key was ordered.
    UserChanged,
    /// The connector itself failed.
    Defect,
    /// None of these.
    Unexpected,
}
