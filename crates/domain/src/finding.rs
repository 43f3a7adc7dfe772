//! Findings of deployment checks (`keyferry doctor`).

use std::fmt;

use serde::Serialize;

use crate::Failure;

/// Result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The check passed.
    Ok,
    /// It works, but the operator should know about the finding.
    Warning,
    /// It does not work, or will stop working.
    Failed,
    /// The check could not run, or runs only on request.
    NotExamined,
}

/// Finding of a check: subject, result and next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Name of the check.
    pub check: &'static str,
    /// Result of the check.
    pub outcome: Outcome,
    /// What was found. Never contains a secret.
    pub found: String,
    /// Next step, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

/// Returns a number with its noun, or with the start of its sentence: `1 order has`, `2 orders have`.
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let words = if count == N::from(1) { one } else { many };
    format!("{count} {words}")
}

impl Finding {
    /// Creates a finding with [`Outcome::Ok`].
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Ok, found: found.into(), todo: None }
    }

    /// Creates a finding with [`Outcome::Warning`].
    pub fn warning(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Warning, found: found.into(), todo: Some(todo.into()) }
    }

    /// Creates a finding with [`Outcome::Failed`].
    pub fn failed(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Failed, found: found.into(), todo: Some(todo.into()) }
    }

    /// Creates a finding with [`Outcome::NotExamined`].
    pub fn not_examined(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::NotExamined, found: found.into(), todo: Some(todo.into()) }
    }

    /// Creates a finding from a failed call. The next step is the failure's remedy.
    pub fn of_failure(check: &'static str, failure: &Failure) -> Self {
        Self::failed(check, failure.to_string(), failure.remedy())
    }
}
