//! What an examination finds, and how it is told.

use std::fmt::Write as _;

use keyferry_domain::Failure;
use keyferry_domain::ports::StoreError;
use serde::Serialize;

/// How something is.
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

/// One line: what was checked, what was found, what to do.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What was checked.
    pub check: &'static str,
    /// How it is.
    pub outcome: Outcome,
    /// What was found; never a secret.
    pub found: String,
    /// What to do, where there is something to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Ok, found: found.into(), todo: None }
    }

    pub(super) fn warning(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Warning, found: found.into(), todo: Some(todo.into()) }
    }

    pub(super) fn failed(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Failed, found: found.into(), todo: Some(todo.into()) }
    }

    pub(super) fn not_examined(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::NotExamined, found: found.into(), todo: Some(todo.into()) }
    }

    /// With the advice of the table of failures.
    pub(super) fn of_failure(check: &'static str, failure: &Failure) -> Self {
        Self::failed(check, failure.to_string(), failure.remedy())
    }

    pub(super) fn of_store(check: &'static str, what: &str, error: &StoreError) -> Self {
        let todo = "Look at the address, the roles of the identity (Storage Table Data Contributor, Key Vault Secrets Officer), and the \
                    firewall; for the data directory at its disk and owner.";
        Self::failed(check, format!("{what}: {error}"), todo)
    }

    /// Settings that are not right: nothing else can be examined then.
    pub fn of_settings(error: impl Into<String>) -> Self {
        Self::failed(
            "settings",
            error,
            "Mend it: the page of settings tells what is expected. Nothing else was examined.",
        )
    }
}

/// All findings, as text for a person: one that stands in the way begins its line in capitals.
pub fn as_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    let wide = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    for finding in findings {
        let outcome = match finding.outcome {
            Outcome::Ok => "ok",
            Outcome::Warning => "WARNING",
            Outcome::Failed => "FAILED",
            Outcome::NotExamined => "-",
        };
        let Finding { check, found, todo, .. } = finding;
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{outcome:<8} {check:<wide$}  {found}");
        if let Some(todo) = todo {
            let _ = writeln!(text, "{:<8} {:<wide$}  → {todo}", "", "");
        }
    }
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    let (failed, warnings, left) = (count(Outcome::Failed), count(Outcome::Warning), count(Outcome::NotExamined));
    let _ = writeln!(text, "{} checks: {failed} failed, {warnings} warnings, {left} not examined", findings.len());
    text
}

/// The same for programs.
pub fn as_json(findings: &[Finding]) -> String {
    let failed = findings.iter().filter(|finding| finding.outcome == Outcome::Failed).count();
    let mut text = serde_json::json!({ "failed": failed, "findings": findings }).to_string();
    text.push('\n');
    text
}
