//! The creation options as they go into a credential request.

use keyferry_domain::CreationOptions;
use serde_json::{Map, Value};

/// What must be there.
const REQUIRED: [&str; 4] = ["rp", "user", "challenge", "pubKeyCredParams"];
/// What goes along when the identity provider sent it.
const OPTIONAL: [&str; 4] = ["excludeCredentials", "authenticatorSelection", "attestation", "extensions"];

/// Creation options from which no credential could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableCreationOptions {
    /// A member that the factory needs is absent.
    #[error("the identity provider's creation options have no member `{0}`, without which no credential can be made")]
    Missing(&'static str),
    /// The members disagree with what was read from them.
    #[error(
        "the identity provider's creation options carry another `{0}` than the one that the answer will be checked against"
    )]
    Differs(&'static str),
}

/// The members of `PublicKeyCredentialCreationOptionsJSON` that the factory gets; values unchanged.
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
    // The credential that comes back is checked against these, so the factory must be told the same.
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
    fn members_are_forwarded_unchanged_and_only_those_of_the_page() {
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
    fn what_is_required_must_be_there() {
        for name in REQUIRED {
            let mut options = fakes::creation_options();
            options.public_key.remove(name);
            assert_eq!(forwarded(&options), Err(UnusableCreationOptions::Missing(name)));
        }
    }

    #[test]
    fn the_factory_is_told_what_the_answer_is_checked_against() {
        for (pointer, name) in [("rp", "rp.id"), ("user", "user.id"), ("challenge", "challenge")] {
            let mut options = fakes::creation_options();
            options.public_key[pointer] =
                if pointer == "challenge" { json!("other") } else { json!({ "id": "other" }) };
            assert_eq!(forwarded(&options), Err(UnusableCreationOptions::Differs(name)));
        }
    }
}
