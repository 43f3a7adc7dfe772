//! Description of the sandbox, for the configuration of a connector.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde_json::{Value, json};

use super::refused::Refused;
use crate::entra::{IDENTITY_HEADER, USER_PASSWORD};
use crate::ground::directory::{CONNECTOR_URI, DOMAIN, TENANT_ID, is_generated};
use crate::mailbox::{LOGIC_APP_SIGNATURE, SENDER, SMTP_PASSWORD};
use crate::world::World;

/// Path of the Logic App's trigger.
const LOGIC_APP: &str = "/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke";

type Pem = ([(HeaderName, &'static str); 1], String);

/// Returns addresses, users, applications and certificates. Its secrets are valid for this sandbox only.
pub(super) async fn world(State(world): State<Arc<World>>) -> Json<Value> {
    let ground = &world.ground;
    let facts = &ground.facts;
    let base = facts.base_url.as_str().trim_end_matches('/');
    let directory = ground.directory.lock();
    let identities: Vec<Value> = directory
        .apps
        .iter()
        .filter(|app| app.managed)
        .map(|app| {
            json!({
                "client_id": app.id, "principal_id": app.service_principal, "name": app.display_name,
                "azure_roles": app.azure_roles,
            })
        })
        .collect();
    let apps: Vec<Value> = directory
        .apps
        .iter()
        .filter(|app| !app.managed)
        .map(|app| {
            json!({
                "client_id": app.id, "client_secret": app.secrets.first(), "name": app.display_name,
                "app_id_uri": app.app_id_uri, "graph_roles": app.graph_roles, "api_roles": app.api_roles,
                "api_scopes": app.api_scopes, "public_client": app.public_client,
                "web_redirects": app.web_redirects, "public_redirects": app.public_redirects,
                "azure_roles": app.azure_roles,
            })
        })
        .collect();
    let rights = "/triggers/manual/run";
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("api-version", "2016-10-01")
        .append_pair("sp", rights)
        .append_pair("sv", "1.0")
        .append_pair("sig", LOGIC_APP_SIGNATURE)
        .finish();
    Json(json!({
        "base_url": base,
        "tenant": {"id": TENANT_ID, "domain": DOMAIN},
        "login_endpoint": base,
        "graph_endpoint": base,
        "token_endpoint": format!("{base}/{TENANT_ID}/oauth2/v2.0/token"),
        "user_password": USER_PASSWORD,
        "delivery_endpoint": format!("{base}/delivery/v1"),
        "delivery_token": ground.settings.get().delivery_token,
        "transport_keys_url": format!("{base}/.well-known/yubico-transport-keys.jwks"),
        "signing_keys_url": format!("{base}/.well-known/yubico-sign.jwks"),
        "logic_app_url": format!("{base}{LOGIC_APP}?{query}"),
        "mailbox": format!("{base}/mailbox"),
        "signin": facts.sign_in_page(),
        "rp_id": facts.rp_id,
        "seed": facts.seed,
        "parcel_seconds_per_state": ground.settings.lock().parcel_seconds,
        "connector_audience": CONNECTOR_URI,
        "identity_endpoint": format!("{base}/msi/token"),
        "identity_header": IDENTITY_HEADER,
        "vault_endpoint": facts.vault_url,
        "managed_identities": identities,
        "apps": apps,
        "people": facts.people,
        "users": Vec::from_iter(directory.users.iter().filter(|user| !is_generated(user.id))),
        "smtp": {
            "starttls_port": facts.smtp_port, "tls_port": facts.smtps_port,
            "user": SENDER, "password": SMTP_PASSWORD,
            "ca_pem": ground.tls.ca_pem,
        },
        "mail_sender": SENDER,
        "attestation_root_pem": world.factory.attestation_root_pem(),
    }))
}

/// Returns the settings of the connector that the demo started.
pub(super) async fn connector(State(world): State<Arc<World>>) -> Result<Json<BTreeMap<String, String>>, Refused> {
    let settings = world.connector.get();
    settings.map(Json).ok_or_else(|| Refused::unknown("this sandbox runs without a connector; see keyferry demo"))
}

/// Returns the certificate authority of the vault and the SMTP ports.
pub(super) async fn ca(State(world): State<Arc<World>>) -> Pem {
    pem(world.ground.tls.ca_pem.clone())
}

/// Returns the attestation root of the simulated keys.
pub(super) async fn attestation_root(State(world): State<Arc<World>>) -> Pem {
    pem(world.factory.attestation_root_pem())
}

fn pem(text: String) -> Pem {
    ([(header::CONTENT_TYPE, "application/x-pem-file")], text)
}
