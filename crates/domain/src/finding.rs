//! What a check of the deployment finds.

use serde::Serialize;

use crate::Failure;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// It does not work, or will not.
    Failed,
    /// It could not be looked at, or not without being asked to.
    NotExamined,
}

/// What was checked, what was found, what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked.
    pub check: &'static str,
    /// The result.
    pub outcome: Outcome,
    /// What was found; never a secret.
    pub found: String,
    /// What to do, where there is something to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Ok, found: found.into(), todo: None }
    }

    /// It works, and somebody should know.
    pub fn warning(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Warning, found: found.into(), todo: Some(todo.into()) }
    }

    /// It does not work, or will not.
    pub fn failed(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Failed, found: found.into(), todo: Some(todo.into()) }
    }

    /// It could not be looked at, or not without being asked to.
    pub fn not_examined(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::NotExamined, found: found.into(), todo: Some(todo.into()) }
    }

    /// A call failed; what to do is its remedy.
    pub fn of_failure(check: &'static str, failure: &Failure) -> Self {
        Self::failed(check, failure.to_string(), failure.remedy())
    }
}
