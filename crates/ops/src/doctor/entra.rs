//! The connector's app registration: does it get in, what may it do, does Graph give creation options.

use keyferry_engine::Registration;
use keyferry_entra::granted_permissions;

use super::{Finding, Patient};

pub(super) async fn token(patient: &Patient) -> Finding {
    const CHECK: &str = "token for Graph";
    match patient.graph_tokens.token().await {
        Ok(_) => Finding::ok(CHECK, format!("the app registration {} gets one", patient.client_id)),
        Err(failure) => Finding::of_failure(CHECK, &failure),
    }
}

pub(super) async fn permissions(patient: &Patient) -> Finding {
    const CHECK: &str = "permissions";
    let granted = match granted_permissions(patient.graph_tokens.as_ref()).await {
        Ok(Some(granted)) => granted,
        Ok(None) => {
            let todo = "Look at the registration's API permissions in the admin centre.";
            return Finding::not_examined(CHECK, "the token does not tell", todo);
        }
        Err(_) => return Finding::not_examined(CHECK, "there is no token to tell them", "Mend the token first."),
    };
    let missing: Vec<_> = patient
        .needed_permissions
        .iter()
        .filter(|(any, _)| !any.iter().any(|one| granted.contains(*one)))
        .map(|(any, why)| format!("{} {why}", any.join(" or ")))
        .collect();
    if missing.is_empty() {
        let granted: Vec<_> = granted.iter().map(String::as_str).collect();
        return Finding::ok(CHECK, granted.join(", "));
    }
    let todo = "Add them as application permissions of Microsoft Graph, and grant admin consent (guide 5.2.1, steps 4 to 10; \
                `keyferry setup entra` does it). A token that is there keeps the old ones for up to an hour.";
    Finding::failed(CHECK, format!("missing: {}", missing.join("; ")), todo)
}

pub(super) async fn creation_options(patient: &Patient) -> Finding {
    const CHECK: &str = "creation options";
    let Some(user) = &patient.questions.user else {
        let todo = "Name a person with --user: Graph is asked for a challenge, and nothing is ordered.";
        return Finding::not_examined(CHECK, "nobody was named to ask them for", todo);
    };
    let asked = patient.challenge_lifetime;
    let providers = &patient.ports.providers;
    let Some(Registration::CreationOptions(identity)) =
        providers.get(providers.default_id()).map(|provider| &provider.registration)
    else {
        return Finding::not_examined(CHECK, "the identity provider hands out none", "There is nothing to do.");
    };
    match identity.creation_options(user, asked).await {
        Err(failure) => Finding::of_failure(CHECK, &failure),
        Ok(options) => {
            let left = options.deadline - patient.ports.clock.now();
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
