//! Addresses of a person's pages.

use url::form_urlencoded;

/// Returns the address of a person's page.
pub(crate) fn person(user: &str) -> String {
    with("/console/people", &[("user", user)])
}

/// Returns the address of the form that revokes a passkey.
pub(super) fn revoke(user: &str, method: &str) -> String {
    with("/console/people/revoke", &[("user", user), ("method", method)])
}

/// Returns the address of the form that stops the person's orders.
pub(super) fn stop(user: &str) -> String {
    with("/console/people/stop", &[("user", user)])
}

/// Returns the address of the form that offboards a person.
pub(super) fn offboard(user: &str) -> String {
    with("/console/people/offboard", &[("user", user)])
}

/// Returns the address of the form that reports a key as lost.
pub(super) fn lost_key(user: &str, shipment: &str) -> String {
    with("/console/people/lost-key", &[("user", user), ("shipment", shipment)])
}

/// Returns the address of a person's page after an action.
pub(super) fn done(user: &str, done: &str) -> String {
    with("/console/people", &[("user", user), ("done", done)])
}

fn with(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_in_addresses() {
        assert_eq!(person("o'brien#test@x&done=a"), "/console/people?user=o%27brien%23test%40x%26done%3Da");
        assert_eq!(revoke("a@x", "AQ=="), "/console/people/revoke?user=a%40x&method=AQ%3D%3D");
    }
}
