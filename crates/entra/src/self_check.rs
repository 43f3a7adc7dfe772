//! Checks of the connector's app registration: token, permissions, creation options, and rules about users.

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::{CheckRequest, SelfCheck};
use keyferry_domain::{Finding, IdentityProvider as _};

use crate::order_rules::OrderRules;
use crate::{Entra, READ_MANAGER, RequiredPermission, granted_permissions};

/// Checks of one app registration.
pub struct EntraCheck {
    entra: Arc<Entra>,
    client_id: String,
    needed: Vec<RequiredPermission>,
    rules: OrderRules,
}

impl EntraCheck {
    /// Creates the checks of the app registration `client_id`, which requires the permissions `needed`, also for
    /// `rules`.
    pub fn new(entra: Arc<Entra>, client_id: String, needed: Vec<RequiredPermission>, rules: OrderRules) -> Self {
        Self { entra, client_id, needed, rules }
    }

    async fn token(&self) -> Finding {
        const CHECK: &str = "token for Graph";
        match self.entra.tokens.token().await {
            Ok(_) => Finding::ok(CHECK, format!("obtained a token for the app registration {}", self.client_id)),
            Err(failure) => Finding::of_failure(CHECK, &failure),
        }
    }

    async fn permissions(&self) -> Finding {
        const CHECK: &str = "permissions";
        let granted = match granted_permissions(self.entra.tokens.as_ref()).await {
            Ok(Some(granted)) => granted,
            Ok(None) => {
                let todo = "Check the API permissions of the app registration in the admin centre.";
                return Finding::not_examined(CHECK, "could not read permissions from the token", todo);
            }
            Err(_) => {
                let todo = "Fix the finding of the check \"token for Graph\" first.";
                return Finding::not_examined(CHECK, "could not obtain a token", todo);
            }
        };
        let missing = self.needed.iter().filter(|needed| !needed.is_in(&granted));
        let missing: Vec<_> = missing.map(|needed| format!("{} {}", needed.any_of.join(" or "), needed.why)).collect();
        if missing.is_empty() {
            let granted: Vec<_> = granted.iter().map(String::as_str).collect();
            return Finding::ok(CHECK, granted.join(", "));
        }
        let todo = "Add them as application permissions of Microsoft Graph, and grant admin consent (guide 5.2.1, \
                    steps 4 to 10, or run `keyferry setup entra`). Tokens issued before keep the old permissions for \
                    up to an hour.";
        Finding::failed(CHECK, format!("missing: {}", missing.join("; ")), todo)
    }

    /// Checks whether Keyferry can see that an account is disabled before it orders a key for it.
    async fn accounts(&self, request: &CheckRequest<'_>) -> Finding {
        const CHECK: &str = "disabled accounts";
        const TODO: &str = "Optional: grant the application permission User.Read.All, with admin consent. Without it, \
                            Keyferry also orders keys for disabled accounts, and the registration of such a key may \
                            fail.";
        let readable = match request.user {
            Some(user) => match self.entra.account(user).await {
                Ok(account) => account.map(|account| account.enabled),
                Err(failure) => return Finding::of_failure(CHECK, &failure),
            },
            None => match granted_permissions(self.entra.tokens.as_ref()).await {
                Ok(Some(granted)) => READ_MANAGER.is_in(&granted).then_some(Some(true)),
                Ok(None) | Err(_) => {
                    return Finding::not_examined(CHECK, "could not read permissions from the token", TODO);
                }
            },
        };
        match (readable.flatten(), request.user) {
            (Some(false), Some(user)) => {
                let todo = "Keyferry orders no key for this user. Enable the account, or specify another user.";
                Finding::warning(CHECK, format!("the account of {user} is disabled"), todo)
            }
            (Some(_), _) => Finding::ok(CHECK, "Keyferry orders no keys for disabled accounts"),
            (None, _) => Finding::not_examined(CHECK, "Keyferry may not read whether accounts are enabled", TODO),
        }
    }

    /// Checks whether Keyferry can read to whom a PIN goes and must not go. `None` if the settings require the
    /// permission, which the check `permissions` covers.
    async fn addressee(&self) -> Option<Finding> {
        const CHECK: &str = "PIN addressee";
        const TODO: &str = "Optional: grant the application permission User.Read.All, with admin consent. Without it, \
                            Keyferry compares contacts only with the user name in the order, not with the user's other \
                            addresses, and releases a PIN also if the manager has changed since the registration.";
        if self.needed.iter().any(|needed| needed.any_of == READ_MANAGER.any_of) {
            return None;
        }
        Some(match granted_permissions(self.entra.tokens.as_ref()).await {
            Ok(Some(granted)) if READ_MANAGER.is_in(&granted) => {
                Finding::ok(CHECK, "Keyferry may read users' addresses and managers")
            }
            Ok(Some(_)) => Finding::not_examined(CHECK, "Keyferry may not read users' addresses and managers", TODO),
            Ok(None) | Err(_) => Finding::not_examined(CHECK, "could not read permissions from the token", TODO),
        })
    }

    async fn creation_options(&self, request: &CheckRequest<'_>) -> Finding {
        const CHECK: &str = "creation options";
        let Some(user) = request.user else {
            let todo = "Specify a user with --user. The check requests a challenge from Graph and orders nothing.";
            return Finding::not_examined(CHECK, "no user was specified", todo);
        };
        let requested = request.challenge_lifetime;
        match self.entra.creation_options(user, requested).await {
            Err(failure) => Finding::of_failure(CHECK, &failure),
            Ok(options) => {
                let left = options.deadline - request.now;
                let found = format!(
                    "Graph returned a challenge for {user} with a lifetime of {} minutes ({} requested)",
                    left.num_minutes(),
                    requested.as_secs() / 60
                );
                // The engine rejects orders whose challenge has less than half of the requested lifetime.
                if left.to_std().unwrap_or_default() * 2 < requested {
                    let todo = "Check ENTRA_FIDO_API_VERSION and KEYFERRY_CREATION_OPTIONS_FORM. Challenges of Graph \
                                v1.0 expire after five minutes, before a key can arrive. Graph beta grants the \
                                requested lifetime.";
                    return Finding::failed(CHECK, found, todo);
                }
                Finding::ok(CHECK, found)
            }
        }
    }
}

#[async_trait]
impl SelfCheck for EntraCheck {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        let mut findings = vec![self.token().await, self.permissions().await, self.accounts(request).await];
        findings.extend(self.addressee().await);
        findings.push(self.creation_options(request).await);
        findings.extend(self.rules.check(&self.entra, request).await);
        findings
    }
}
