//! Permissions of the connector, as stated in its own token.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_azure_identity::TokenSource;
use keyferry_domain::Failure;
use serde::Deserialize;

/// Permission that the connector needs: any one of several application permissions of Graph.
#[derive(Clone, Copy, Debug)]
pub struct RequiredPermission {
    /// Names of the permissions, the least privileged one first.
    pub any_of: &'static [&'static str],
    /// Purpose, for messages.
    pub why: &'static str,
}

impl RequiredPermission {
    /// Returns whether one of the permissions was granted.
    pub fn is_in(&self, granted: &BTreeSet<String>) -> bool {
        self.any_of.iter().any(|permission| granted.contains(*permission))
    }

    /// Returns the least privileged permission, the one to request.
    pub fn least(&self) -> &'static str {
        self.any_of.first().copied().unwrap_or_default()
    }
}

/// Permission to register keys.
pub const REGISTER: RequiredPermission = RequiredPermission {
    any_of: &["UserAuthMethod-Passkey.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"],
    why: "to register keys",
};

/// Permission to look up the manager who receives the PIN.
pub const READ_MANAGER: RequiredPermission = RequiredPermission {
    any_of: &["User.Read.All", "Directory.Read.All", "User.ReadWrite.All", "Directory.ReadWrite.All"],
    why: "to look up the manager who receives the PIN (KEYFERRY_PIN_ADDRESSEES)",
};

/// Permission to read the data of recipients that orders lack.
pub const READ_PROFILES: RequiredPermission = RequiredPermission {
    any_of: READ_MANAGER.any_of,
    why: "to fill in data of recipients (KEYFERRY_FILL_FROM_DIRECTORY)",
};

/// Permission to read which groups a user is in. [`READ_MEMBERS`] is needed as well
/// (<https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>).
pub const READ_GROUPS: RequiredPermission = RequiredPermission {
    any_of: &["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    why: "to read groups of users (KEYFERRY_ALLOWED_GROUPS, KEYFERRY_EXCLUDED_GROUPS)",
};

/// Permission to read the users whose groups are read.
pub const READ_MEMBERS: RequiredPermission = RequiredPermission {
    any_of: READ_MANAGER.any_of,
    why: "to read users, whose groups decide (KEYFERRY_ALLOWED_GROUPS, KEYFERRY_EXCLUDED_GROUPS)",
};

/// Permission to read which directory roles a user holds
/// (<https://learn.microsoft.com/graph/api/rbacapplication-list-transitiveroleassignments>). Without it, Keyferry does
/// not refuse privileged users.
pub const READ_ROLES: RequiredPermission = RequiredPermission {
    any_of: &[
        "RoleManagement.Read.Directory",
        "Directory.Read.All",
        "RoleManagement.ReadWrite.Directory",
        "Directory.ReadWrite.All",
    ],
    why: "to refuse orders for privileged users (KEYFERRY_PRIVILEGED_USERS)",
};

/// Permission to send the PIN by mail.
pub const SEND_MAIL: RequiredPermission =
    RequiredPermission { any_of: &["Mail.Send"], why: "to send the PIN by mail (KEYFERRY_PIN_BY=graph)" };

/// Permission to list the passkeys that a user has, also those that Keyferry did not register. Without it, Keyferry
/// looks up only its own. [`REGISTER`] does not permit it
/// (<https://learn.microsoft.com/graph/api/fido2authenticationmethod-list>).
pub const READ_PASSKEYS: RequiredPermission = RequiredPermission {
    any_of: &[
        "UserAuthMethod-Passkey.Read.All",
        "UserAuthenticationMethod.Read.All",
        "UserAuthenticationMethod.ReadWrite.All",
    ],
    why: "to list the passkeys of a user beside the records",
};

/// Permission to list, make and delete Temporary Access Passes
/// (<https://learn.microsoft.com/graph/api/authentication-post-temporaryaccesspassmethods>). It covers every user.
pub const ACCESS_PASSES: RequiredPermission = RequiredPermission {
    any_of: &["UserAuthMethod-TAP.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"],
    why: "to make temporary access passes (KEYFERRY_ACCESS_PASS)",
};

/// Permission to check the passkey policy. Only needed for checks.
pub const READ_POLICY: RequiredPermission = RequiredPermission {
    any_of: &["Policy.Read.AuthenticationMethod", "Policy.Read.All"],
    why: "to check the passkey policy",
};

/// Permission to compare records with the tenant's audit log. Only needed for the audit.
pub const READ_AUDIT_LOG: RequiredPermission =
    RequiredPermission { any_of: &["AuditLog.Read.All"], why: "to read the tenant's audit log" };

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    roles: BTreeSet<String>,
}

/// Returns the granted application permissions: the `roles` claim of a token for Graph
/// (<https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>).
///
/// Returns `None` if the token cannot be read. Microsoft does not guarantee that tokens for Graph are readable, so use
/// the result only for early warnings.
///
/// # Errors
/// Fails when no token can be obtained.
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
    fn returns_roles_of_readable_token() {
        let roles_of = |claims| roles(&token(claims)).unwrap().into_iter().collect::<Vec<_>>();
        assert_eq!(roles_of(r#"{"aud":"x","roles":["User.Read.All","Mail.Send"]}"#), ["Mail.Send", "User.Read.All"]);
        assert!(roles_of(r#"{"aud":"x"}"#).is_empty());
    }

    #[test]
    fn returns_none_for_opaque_token() {
        for opaque in ["", "opaque", "a.b.c", "e30.e30", &token("{\"roles\":7}")] {
            assert_eq!(roles(opaque).is_some(), opaque == "e30.e30", "{opaque}");
        }
    }
}
