//! Texts of failures for operators.

use keyferry_domain::Failure;

/// Returns the failure with its meaning and the next step.
pub fn explain(failure: &Failure) -> String {
    let separator = if failure.to_string().ends_with('.') { " " } else { ". " };
    format!("{failure}{separator}{}", failure.remedy())
}

/// Returns the same text without the `client-request-id`, so that it stays equal for repeated failures.
pub(crate) fn explain_without_call(failure: &Failure) -> String {
    let mut without = failure.clone();
    without.correlation = None;
    explain(&without)
}

#[cfg(test)]
mod tests {
    use keyferry_domain::ports::StoreError;

    use super::*;
    use crate::failures::findings;

    /// Repeated obstacles update one event only if their texts are equal.
    #[test]
    fn text_without_call_is_equal_for_all_calls() {
        let failure = findings::store(&StoreError::Unavailable("the disk is full".into()));
        let first = explain_without_call(&failure.clone().with_correlation("c0ffee"));
        assert_eq!(first, explain_without_call(&failure.clone().with_correlation("decaf")));
        assert!(first.contains("the disk is full. Check disk space"), "{first}");
        assert!(
            explain(&failure.with_correlation("c0ffee")).contains("full (client-request-id: c0ffee). Check disk space")
        );
    }
}
