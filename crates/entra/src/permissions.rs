//! What the connector may do, as its own token tells.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_azure_identity::TokenSource;
use keyferry_domain::Failure;
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    roles: BTreeSet<String>,
}

/// The application permissions that were granted and consented to: the `roles` claim of a token for Graph
/// (<https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>). `None` when the token does not
/// tell: tokens for Graph are not promised to be readable, so nothing may depend on it but an early warning.
///
/// # Errors
/// When no token can be had.
pub async fn granted_permissions(tokens: &dyn TokenSource) -> Result<Option<BTreeSet<String>>, Failure> {
    let token = tokens.token().await?;
    Ok(roles(token.expose()))
}

fn roles(token: &str) -> Option<BTreeSet<String>> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Claims>(&claims).ok().map(|claims| claims.roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_tells_its_roles_and_one_without_any_has_none() {
        let roles_of = |claims| roles(&token(claims)).unwrap().into_iter().collect::<Vec<_>>();
        assert_eq!(roles_of(r#"{"aud":"x","roles":["User.Read.All","Mail.Send"]}"#), ["Mail.Send", "User.Read.All"]);
        assert!(roles_of(r#"{"aud":"x"}"#).is_empty());
    }

    #[test]
    fn an_opaque_token_tells_nothing() {
        for opaque in ["", "opaque", "a.b.c", "e30.e30", &token("{\"roles\":7}")] {
            assert_eq!(roles(opaque).is_some(), opaque == "e30.e30", "{opaque}");
        }
    }
}
