//! Client credentials grant (RFC 6749 section 4.4).

use serde_json::{Value, json};

use super::claims::{EXPIRES_IN, mint};
use super::client::Proof;
use super::form::Form;
use super::refusal::Refusal;
use super::resource::{GRAPH_APP_ID, Resource, azure, is_graph};
use super::state::Entra;
use crate::ground::directory::{App, Directory};
use crate::ground::facts::Facts;

/// Returns the token response, or `None` if signing fails.
pub(super) fn issue(
    entra: &Entra,
    client: &App,
    proof: Proof,
    form: &Form,
    tenant: &str,
) -> Result<Option<Value>, Refusal> {
    if proof == Proof::Nothing {
        return Err(Refusal::CredentialMissing);
    }
    let version = entra.settings.lock().access_token_version;
    let resource = {
        let directory = entra.directory.lock();
        resource(&entra.facts, &directory, client, form.need("scope")?, tenant, version)?
    };
    let claims = mint(&entra.facts, client, &resource, proof.claim(), entra.clock.tokens());
    Ok(entra.keys.sign(&claims).map(|token| {
        json!({
            "token_type": "Bearer", "expires_in": EXPIRES_IN, "ext_expires_in": EXPIRES_IN, "access_token": token,
        })
    }))
}

/// Returns the resource that `scope` names, with the client's roles on it.
fn resource(
    facts: &Facts,
    directory: &Directory,
    client: &App,
    scope: &str,
    tenant: &str,
    token_version: u8,
) -> Result<Resource, Refusal> {
    if scope.split_whitespace().count() != 1 {
        return Err(Refusal::ScopeInvalid { scope: scope.to_owned() });
    }
    let requested = scope
        .trim()
        .strip_suffix("/.default")
        .ok_or_else(|| Refusal::ScopeWithoutDefault { scope: scope.to_owned() })?;
    if is_graph(facts, requested) {
        return Ok(Resource {
            app_id: GRAPH_APP_ID,
            requested: requested.to_owned(),
            roles: client.graph_roles.clone(),
            version: 1,
        });
    }
    if let Some(resource) = azure(requested) {
        return Ok(resource);
    }
    let app = directory
        .app_by_audience(requested)
        .ok_or_else(|| Refusal::ResourceUnknown { name: requested.to_owned(), tenant: tenant.to_owned() })?;
    let own_api = app.app_id_uri.is_some();
    Ok(Resource {
        app_id: app.id,
        requested: requested.to_owned(),
        roles: if own_api {
            client.api_roles.iter().cloned().chain(app.roles_of(client)).collect()
        } else {
            Vec::new()
        },
        version: if own_api { token_version } else { 1 },
    })
}
