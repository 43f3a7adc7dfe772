//! The connector's app registration: does it get in, what may it do, does Graph give creation options.

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::{CheckRequest, SelfCheck};
use keyferry_domain::{Finding, IdentityProvider as _};

use crate::{Entra, NeededPermission, granted_permissions};

/// The checks of one app registration.
pub struct EntraCheck {
    entra: Arc<Entra>,
    client_id: String,
    needed: Vec<NeededPermission>,
}

impl EntraCheck {
    /// The checks of the app registration `client_id`, which needs the permissions.
    pub fn new(entra: Arc<Entra>, client_id: String, needed: Vec<NeededPermission>) -> Self {
        Self { entra, client_id, needed }
    }

    async fn token(&self) -> Finding {
        const CHECK: &str = "token for Graph";
        match self.entra.tokens.token().await {
            Ok(_) => Finding::ok(CHECK, format!("the app registration {} gets one", self.client_id)),
            Err(failure) => Finding::of_failure(CHECK, &failure),
        }
    }

    async fn permissions(&self) -> Finding {
        const CHECK: &str = "permissions";
        let granted = match granted_permissions(self.entra.tokens.as_ref()).await {
            Ok(Some(granted)) => granted,
            Ok(None) => {
                let todo = "Look at the registration's API permissions in the admin centre.";
                return Finding::not_examined(CHECK, "the token does not tell", todo);
            }
            Err(_) => return Finding::not_examined(CHECK, "there is no token to tell them", "Mend the token first."),
        };
        let missing = self.needed.iter().filter(|needed| !needed.is_in(&granted));
        let missing: Vec<_> = missing.map(|needed| format!("{} {}", needed.any_of.join(" or "), needed.why)).collect();
        if missing.is_empty() {
            let granted: Vec<_> = granted.iter().map(String::as_str).collect();
            return Finding::ok(CHECK, granted.join(", "));
        }
        let todo = "Add them as application permissions of Microsoft Graph, and grant admin consent (guide 5.2.1, steps 4 to 10; \
                    `keyferry setup entra` does it). A token that is there keeps the old ones for up to an hour.";
        Finding::failed(CHECK, format!("missing: {}", missing.join("; ")), todo)
    }

    async fn creation_options(&self, request: &CheckRequest<'_>) -> Finding {
        const CHECK: &str = "creation options";
        let Some(user) = request.user else {
            let todo = "Name a person with --user: Graph is asked for a challenge, and nothing is ordered.";
            return Finding::not_examined(CHECK, "nobody was named to ask them for", todo);
        };
        let asked = request.challenge_lifetime;
        match self.entra.creation_options(user, asked).await {
            Err(failure) => Finding::of_failure(CHECK, &failure),
            Ok(options) => {
                let left = options.deadline - request.now;
                let found = format!(
                    "Graph gave a challenge for {user} that lives for {} minutes; {} were asked for",
                    left.num_minutes(),
                    asked.as_secs() / 60
                );
                // The engine refuses to order with less than half.
                if left.to_std().unwrap_or_default() * 2 < asked {
                    let todo = "Look at ENTRA_FIDO_API_VERSION and KEYFERRY_CREATION_OPTIONS_FORM: version 1.0 of Graph gives challenges of five \
                                minutes only, in which no key arrives; beta gives what is asked for.";
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
        vec![self.token().await, self.permissions().await, self.creation_options(request).await]
    }
}
