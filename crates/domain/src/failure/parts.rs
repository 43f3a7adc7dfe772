//! Parts of a failure: party, operation and kind.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The other side answered with an error.
    Answered {
        /// HTTP status, or SMTP reply code.
        status: u16,
        /// Error code in the response, as spelled by the party.
        code: Option<String>,
    },
    /// The connection could not be established (DNS, routing, TLS). Nothing was sent.
    Unreachable,
    /// The call was sent, and no complete response arrived in time.
    TimedOut,
    /// The connection was lost before the response was complete.
    ConnectionLost,
    /// The response does not match its documentation: for example too large, not JSON, or a missing member.
    InvalidResponse,
    /// Keyferry's own check failed. The code is Keyferry's, kebab-case.
    Found(&'static str),
}

/// Whether a failed operation may have taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The operation had no effect.
    None,
    /// The operation may have taken effect.
    Unknown,
}

/// External system, or component of Keyferry, that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Token endpoint that issues access tokens to Keyferry.
    TokenEndpoint,
    /// Identity provider (Microsoft Graph).
    IdentityProvider,
    /// Delivery service.
    DeliveryService,
    /// Key factory, judged by its sealed responses.
    Factory,
    /// Transport for PINs: Logic App, mail server or Graph `sendMail`.
    PinDelivery,
    /// Store of records and secrets.
    Store,
    /// Keyferry itself (a bug).
    Connector,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TokenEndpoint => "token endpoint",
            Self::IdentityProvider => "identity provider",
            Self::DeliveryService => "delivery service",
            Self::Factory => "key factory",
            Self::PinDelivery => "PIN delivery",
            Self::Store => "store",
            Self::Connector => "connector",
        })
    }
}

/// Operation on a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each variant names one call")]
pub enum Operation {
    AcquireToken,
    CreationOptions,
    ReadUser,
    ReadManager,
    ReadProfile,
    ReadGroups,
    ReadRoles,
    ReadPolicy,
    Register,
    FindMethod,
    ListMethods,
    DeleteMethod,
    ListAccessPasses,
    CreateAccessPass,
    DeleteAccessPass,
    TransportKeys,
    SigningKeys,
    Order,
    ShipmentStatus,
    CancelShipment,
    ReadCatalogue,
    ListOrders,
    ValidateAddress,
    OpenCredential,
    OpenPin,
    VerifyCredential,
    ResolveAddressee,
    DeliverPin,
    Store,
    Secrets,
    Process,
    Administer,
}
