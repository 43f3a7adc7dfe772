//! Who was asked, for what, and how it failed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The other side answered that it will not.
    Answered {
        /// HTTP status, or SMTP reply code.
        status: u16,
        /// The error code in the answer, as the party spells it.
        code: Option<String>,
    },
    /// No connection came about (name, route, TLS); nothing was sent.
    Unreachable,
    /// The call was sent and no whole answer came within its time.
    TimedOut,
    /// The connection broke before a whole answer came.
    ConnectionLost,
    /// An answer came that is not what the documentation says: too large, not JSON, a member missing.
    NotUnderstood,
    /// We looked at something ourselves and found it wrong. The code is one of our own, kebab-case.
    Found(&'static str),
}

/// Whether a failed operation may have taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It certainly did not.
    None,
    /// It may have.
    Unknown,
}

/// Whom we ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The token endpoint that gives us access tokens.
    TokenEndpoint,
    /// The identity provider (Microsoft Graph).
    IdentityProvider,
    /// The delivery service.
    DeliveryService,
    /// The key factory, by what its sealed responses say.
    Factory,
    /// The way the PIN goes: Logic App, mail server or Graph `sendMail`.
    PinDelivery,
    /// Where records and secrets are kept.
    Store,
    /// The connector itself, by a defect of its own.
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

/// What we ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each names one call")]
pub enum Operation {
    AcquireToken,
    CreationOptions,
    ReadUser,
    ReadManager,
    Register,
    FindMethod,
    TransportKeys,
    SigningKeys,
    Order,
    ShipmentStatus,
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
