//! What went wrong with a call to the outside, in one form for every party.
//!
//! An adapter says what happened, and its [`FailureTable`] what [class](FailureClass) of failure that is and what to do about it. What a
//! class means for a shipment, the engine decides.

mod class;
mod parts;
mod table;

use std::fmt;
use std::time::Duration;

pub use self::class::FailureClass;
pub use self::parts::{Effect, FailureKind, Operation, Party};
pub use self::table::{FailureTable, Rule, When};

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
    class: FailureClass,
    remedy: &'static str,
}

impl Failure {
    /// A failure that certainly had no effect. `table` says who failed, and what that means.
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

    /// The same failure as a finding of whoever knows more about it than the adapter that reported it.
    #[must_use]
    pub fn found(self, table: &FailureTable, code: &'static str) -> Self {
        let kind = FailureKind::Found(code);
        let rule = table.rule_for(self.operation, &kind);
        Self { party: table.party(), kind, class: rule.class, remedy: rule.remedy, ..self }
    }

    /// The same failure under a code of our own, by which it is recorded.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.kind = FailureKind::Found(code);
        self
    }

    /// What kind of failure it is.
    pub fn class(&self) -> FailureClass {
        self.class
    }

    /// What it means and what to do next, for operators.
    pub fn remedy(&self) -> &'static str {
        self.remedy
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

#[cfg(test)]
mod tests;
