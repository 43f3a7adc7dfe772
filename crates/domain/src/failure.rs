//! What went wrong with a call to the outside, in one form for every party.
//!
//! Adapters say *what happened*; what it *means* for a shipment is decided in one table of the engine.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A failed operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Who was asked.
    pub party: Party,
    /// What was asked for.
    pub operation: Operation,
    /// How it failed.
    pub kind: FailureKind,
    /// What happened, in one sentence for a person; never a secret, a PIN or a token.
    pub message: String,
    /// `client-request-id` of the call, where there was one.
    pub correlation: Option<String>,
    /// How long the other side asked to wait.
    pub retry_after: Option<Duration>,
    /// Whether the operation may have taken effect all the same.
    pub effect: Effect,
}

impl Failure {
    /// A failure that certainly had no effect.
    pub fn new(party: Party, operation: Operation, kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            party,
            operation,
            kind,
            message: message.into(),
            correlation: None,
            retry_after: None,
            effect: Effect::None,
        }
    }

    /// The same, for a call whose effect is unknown.
    #[must_use]
    pub fn with_unknown_effect(mut self) -> Self {
        self.effect = Effect::Unknown;
        self
    }

    /// The same with a correlation id.
    #[must_use]
    pub fn with_correlation(mut self, id: impl Into<String>) -> Self {
        self.correlation = Some(id.into());
        self
    }

    /// What happened in one word, stable from one attempt to the next.
    pub fn short(&self) -> String {
        let what = match &self.kind {
            FailureKind::Answered { status, code: Some(code) } => format!("{status}-{code}"),
            FailureKind::Answered { status, code: None } => status.to_string(),
            FailureKind::Unreachable => "unreachable".to_owned(),
            FailureKind::TimedOut => "timed-out".to_owned(),
            FailureKind::ConnectionLost => "connection-lost".to_owned(),
            FailureKind::NotUnderstood => "not-understood".to_owned(),
            FailureKind::Found(code) => return (*code).to_owned(),
        };
        format!("{}-{what}", self.party).replace(' ', "-")
    }

    /// The HTTP or SMTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match &self.kind {
            FailureKind::Answered { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The other side's error code, if it gave one; our own code for what we found ourselves.
    pub fn code(&self) -> Option<&str> {
        match &self.kind {
            FailureKind::Answered { code, .. } => code.as_deref(),
            FailureKind::Found(code) => Some(code),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        if let Some(id) = &self.correlation {
            write!(f, " (client-request-id: {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

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

#[cfg(test)]
mod tests;
