//! Description of a webhook.

use crate::kit::problem::Problem;

/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 200;

/// Checks a description.
///
/// # Errors
/// 400 if it is too long or has control characters.
pub(crate) fn checked_description(text: String) -> Result<String, Problem> {
    if text.chars().count() > LONGEST_DESCRIPTION || text.chars().any(char::is_control) {
        let message = format!("`description`: expected at most {LONGEST_DESCRIPTION} characters on one line");
        return Err(Problem::field("description", message));
    }
    Ok(text)
}
