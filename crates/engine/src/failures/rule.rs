//! What a rule of the table says, and when it matches.

use keyferry_domain::{Failure, FailureKind, ObstacleClass, Operation, Party};

/// Whose matter a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This shipment's.
    Shipment,
    /// Nobody's shipment: it would meet every one of them, so it ends the run and is said once.
    Run,
}

/// What an answer must look like for a rule to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Anything.
    Anything,
    /// This status.
    Status(u16),
    /// Any status of 500 and above.
    ServerError,
    /// No answer: unreachable, timed out or broken off.
    NoAnswer,
    /// No connection came about, so nothing was sent.
    Unreachable,
    /// An answer that could not be understood.
    NotUnderstood,
    /// This code, of the other side or our own.
    Code(&'static str),
}

impl When {
    pub(super) fn matches(self, failure: &Failure) -> bool {
        match self {
            Self::Anything => true,
            Self::Status(status) => failure.status() == Some(status),
            Self::ServerError => failure.status().is_some_and(|status| status >= 500),
            Self::NoAnswer => {
                matches!(failure.kind, FailureKind::Unreachable | FailureKind::TimedOut | FailureKind::ConnectionLost)
            }
            Self::Unreachable => failure.kind == FailureKind::Unreachable,
            Self::NotUnderstood => failure.kind == FailureKind::NotUnderstood,
            Self::Code(code) => failure.code() == Some(code),
        }
    }
}

/// What a failure means.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Who failed us.
    pub party: Party,
    /// At what; `None` for anything.
    pub operation: Option<Operation>,
    /// How.
    pub when: When,
    /// What it takes to go on.
    pub class: ObstacleClass,
    /// Whose matter it is.
    pub scope: Scope,
    /// What it means and what to do next.
    pub advice: &'static str,
}

pub(super) const fn rule(
    party: Party,
    operation: Option<Operation>,
    when: When,
    class: ObstacleClass,
    scope: Scope,
    advice: &'static str,
) -> Rule {
    Rule { party, operation, when, class, scope, advice }
}
