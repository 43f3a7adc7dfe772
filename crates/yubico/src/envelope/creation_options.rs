//! Selects the creation options that are sent to the factory.

use keyferry_domain::CreationOptions;
use serde_json::{Map, Value};

/// Required members.
const REQUIRED: [&str; 4] = ["rp", "user", "challenge", "pubKeyCredParams"];
/// Optional members, forwarded if the identity provider sent them.
const OPTIONAL: [&str; 4] = ["excludeCredentials", "authenticatorSelection", "attestation", "extensions"];

/// Creation options that cannot be sent to the factory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableCreationOptions {
    /// A member that the factory requires is missing.
    #[error("the identity provider's creation options have no member `{0}`, which the factory requires")]
    Missing(&'static str),
    /// A member differs from the value that the response is checked against.
    #[error("the identity provider's creation options contain another `{0}` than the response is checked against")]
    Differs(&'static str),
}

/// Returns the members of `PublicKeyCredentialCreationOptionsJSON` (WebAuthn level 3 section 5.1.8) that are sent to
/// the factory, with unchanged values. A member that is `null` counts as missing.
///
/// # Errors
/// Fails when a required member is missing, or when the challenge, `rp.id` or `user.id` differs from the value that
/// the response is checked against.
pub(super) fn forwarded(options: &CreationOptions) -> Result<Map<String, Value>, UnusableCreationOptions> {
    let sent = |name: &str| options.public_key.get(name).filter(|value| !value.is_null());
    let mut forwarded = Map::new();
    for name in REQUIRED {
        let value = sent(name).ok_or(UnusableCreationOptions::Missing(name))?;
        forwarded.insert(name.to_owned(), value.clone());
    }
    for name in OPTIONAL {
        forwarded.extend(sent(name).map(|value| (name.to_owned(), value.clone())));
    }
    // The returned credential is checked against these fields of `options`, so the factory must get the same values.
    if forwarded["challenge"] != *options.challenge {
        return Err(UnusableCreationOptions::Differs("challenge"));
    }
    if forwarded["rp"]["id"] != *options.rp_id {
        return Err(UnusableCreationOptions::Differs("rp.id"));
    }
    if forwarded["user"]["id"] != *options.user_handle.as_str() {
        return Err(UnusableCreationOptions::Differs("user.id"));
    }
    Ok(forwarded)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::fakes;

    #[test]
    fn forwards_only_documented_members_unchanged() {
        let mut options = fakes::creation_options();
        let known = forwarded(&options).unwrap();
        assert_eq!(known, options.public_key);
        options.public_key.insert("timeout".into(), json!(60000));
        options.public_key.insert("hints".into(), json!([]));
        assert_eq!(forwarded(&options).unwrap(), known);
        options.public_key.insert("attestation".into(), Value::Null);
        assert!(!forwarded(&options).unwrap().contains_key("attestation"));
    }

    #[test]
    fn rejects_missing_required_member() {
        for name in REQUIRED {
            let mut options = fakes::creation_options();
            options.public_key.remove(name);
            assert_eq!(forwarded(&options), Err(UnusableCreationOptions::Missing(name)));
        }
    }

    #[test]
    fn rejects_values_that_differ_from_the_checked_ones() {
        for (pointer, name) in [("rp", "rp.id"), ("user", "user.id"), ("challenge", "challenge")] {
            let mut options = fakes::creation_options();
            options.public_key[pointer] =
                if pointer == "challenge" { json!("other") } else { json!({ "id": "other" }) };
            assert_eq!(forwarded(&options), Err(UnusableCreationOptions::Differs(name)));
        }
    }
}
