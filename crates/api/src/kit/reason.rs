//! Reasons that operators give for their decisions.

use super::problem::Problem;

/// Longest reason, in characters.
const LONGEST: usize = 500;

/// Returns the member `reason` without surrounding spaces.
///
/// # Errors
/// 400 if the reason is empty, too long or not on one line.
pub(crate) fn checked(reason: &str) -> Result<String, Problem> {
    let trimmed = reason.trim();
    if trimmed.is_empty() || reason.chars().count() > LONGEST || reason.chars().any(char::is_control) {
        let message = format!("`reason`: expected 1 to {LONGEST} characters on one line");
        return Err(Problem::field("reason", message));
    }
    Ok(trimmed.to_owned())
}
