//! What the connector may do, as its own token tells.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_azure_identity::TokenSource;
use keyferry_domain::Failure;
use serde::Deserialize;

/// What the connector must be allowed to do: any one of these application permissions of Graph lets it.
#[derive(Clone, Copy, Debug)]
pub struct NeededPermission {
    /// Their names, the least one first.
    pub any_of: &'static [&'static str],
    /// What for.
    pub why: &'static str,
}

impl NeededPermission {
    /// Whether one of them was granted.
    pub fn is_in(&self, granted: &BTreeSet<String>) -> bool {
        self.any_of.iter().any(|permission| granted.contains(*permission))
    }

    /// The one to ask for.
    pub fn least(&self) -> &'static str {
        self.any_of.first().copied().unwrap_or_default()
    }
}

/// To register keys.
pub const REGISTER: NeededPermission = NeededPermission {
    any_of: &["UserAuthMethod-Passkey.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"],
    why: "to register keys",
};

/// To look up the manager who gets the PIN.
pub const READ_MANAGER: NeededPermission = NeededPermission {
    any_of: &["User.Read.All", "Directory.Read.All", "User.ReadWrite.All", "Directory.ReadWrite.All"],
    why: "to look up the manager who gets the PIN (KEYFERRY_PIN_ADDRESSEES)",
};

/// To send the PIN by mail.
pub const SEND_MAIL: NeededPermission =
    NeededPermission { any_of: &["Mail.Send"], why: "to send the PIN by mail (KEYFERRY_PIN_BY=graph)" };

/// To check the policy for passkeys. Nothing but a check needs it.
pub const READ_POLICY: NeededPermission =
    NeededPermission { any_of: &["Policy.Read.AuthenticationMethod"], why: "to check the policy for passkeys" };

/// To compare the records with the tenant's audit log. Nothing but the audit needs it.
pub const READ_AUDIT_LOG: NeededPermission =
    NeededPermission { any_of: &["AuditLog.Read.All"], why: "to read the tenant's audit log" };

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
