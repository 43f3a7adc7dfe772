//! A failure as it is shown to operators.

use keyferry_domain::Failure;

/// The failure with its meaning and the next step.
pub fn explain(failure: &Failure) -> String {
    let separator = if failure.to_string().ends_with('.') { " " } else { ". " };
    format!("{failure}{separator}{}", failure.remedy())
}

/// The same without the id of the single call.
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

    /// The history counts what repeats; the id of each call would make it new each time.
    #[test]
    fn without_its_call_a_failure_is_explained_in_the_same_words() {
        let failure = findings::store(&StoreError::Unavailable("the disk is full".into()));
        let first = explain_without_call(&failure.clone().with_correlation("c0ffee"));
        assert_eq!(first, explain_without_call(&failure.clone().with_correlation("decaf")));
        assert!(first.contains("the disk is full. The store does not work"), "{first}");
        assert!(explain(&failure.with_correlation("c0ffee")).contains("full (client-request-id: c0ffee). The store"));
    }
}
