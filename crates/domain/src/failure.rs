//! Failures of calls to external systems, in one form for all parties.
//!
//! An adapter reports what happened. Its [`FailureTable`] assigns the [class](FailureClass) of the failure and the
//! remedy. The engine decides what a class means for a shipment.

mod class;
mod parts;
mod table;

use std::fmt;
use std::time::Duration;

pub use self::class::FailureClass;
pub use self::parts::{Effect, FailureKind, Operation, Party};
pub use self::table::{FailureTable, Rule, When};

/// Failure of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Party that was called.
    pub party: Party,
    /// Operation that failed.
    pub operation: Operation,
    /// How the operation failed.
    pub kind: FailureKind,
    /// What happened, in one sentence for operators. Never contains a secret, a PIN or a token.
    pub message: String,
    /// `client-request-id` of the call, if there was one.
    pub correlation: Option<String>,
    /// Time to wait before the next call, as requested by the other side (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// Whether the operation may have taken effect despite the failure.
    pub effect: Effect,
    class: FailureClass,
    remedy: &'static str,
}

impl Failure {
    /// Creates a failure without effect. `table` provides the party, the class and the remedy.
    pub fn new(table: &FailureTable, operation: Operation, kind: FailureKind, message: impl Into<String>) -> Self {
        let rule = table.rule_for(operation, &kind);
        Self {
            party: table.party(),
            operation,
            kind,
            message: message.into(),
            correlation: None,
            retry_after: None,
            effect: Effect::None,
            class: rule.class,
            remedy: rule.remedy,
        }
    }

    /// Reclassifies the failure by another table, under one of Keyferry's own codes.
    ///
    /// For callers that know more about the failure than the adapter that reported it.
    #[must_use]
    pub fn found(self, table: &FailureTable, code: &'static str) -> Self {
        let kind = FailureKind::Found(code);
        let rule = table.rule_for(self.operation, &kind);
        Self { party: table.party(), kind, class: rule.class, remedy: rule.remedy, ..self }
    }

    /// Replaces the code by one of Keyferry's own, and keeps class and remedy.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.kind = FailureKind::Found(code);
        self
    }

    /// Returns the class of the failure.
    pub fn class(&self) -> FailureClass {
        self.class
    }

    /// Returns the meaning of the failure and the next step, for operators.
    pub fn remedy(&self) -> &'static str {
        self.remedy
    }

    /// Marks the effect of the operation as unknown.
    #[must_use]
    pub fn with_unknown_effect(mut self) -> Self {
        self.effect = Effect::Unknown;
        self
    }

    /// Sets the `client-request-id` of the call.
    #[must_use]
    pub fn with_correlation(mut self, id: impl Into<String>) -> Self {
        self.correlation = Some(id.into());
        self
    }

    /// Returns the code of the failure, for example `delivery-service-timed-out`. The same failure has the
    /// same code on each attempt.
    pub fn short(&self) -> String {
        let what = match &self.kind {
            FailureKind::Answered { status, code: Some(code) } => format!("{status}-{code}"),
            FailureKind::Answered { status, code: None } => status.to_string(),
            FailureKind::Unreachable => "unreachable".to_owned(),
            FailureKind::TimedOut => "timed-out".to_owned(),
            FailureKind::ConnectionLost => "connection-lost".to_owned(),
            FailureKind::InvalidResponse => "not-understood".to_owned(),
            FailureKind::Found(code) => return (*code).to_owned(),
        };
        format!("{}-{what}", self.party).replace(' ', "-")
    }

    /// Returns the HTTP or SMTP status of the response, if there was one.
    pub fn status(&self) -> Option<u16> {
        match &self.kind {
            FailureKind::Answered { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Returns the other side's error code, or Keyferry's own code for a finding of Keyferry.
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

#[cfg(test)]
mod tests;
