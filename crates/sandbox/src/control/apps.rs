//! App registrations.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

use super::refused::Refused;
use crate::ground::directory::{Certificate, Directory, Federated};
use crate::ground::shared::Shared;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppChange {
    #[serde(default)]
    secret: Option<String>,
    /// Client secrets. Several are valid during a rotation.
    #[serde(default)]
    secrets: Option<Vec<String>>,
    #[serde(default)]
    secret_expired: Option<bool>,
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    graph_roles: Option<Vec<String>>,
    #[serde(default)]
    api_roles: Option<Vec<String>>,
    /// Consented scopes of the connector's API.
    #[serde(default)]
    api_scopes: Option<Vec<String>>,
    #[serde(default)]
    public_client: Option<bool>,
    #[serde(default)]
    web_redirects: Option<Vec<String>>,
    #[serde(default)]
    public_redirects: Option<Vec<String>>,
    #[serde(default)]
    azure_roles: Option<Vec<String>>,
    /// Certificates in PEM form, with RSA keys.
    #[serde(default)]
    certificates: Option<Vec<String>>,
    #[serde(default)]
    federated_credentials: Option<Vec<Federated>>,
}

/// Handles `PATCH /control/apps/{id}`: changes an app registration.
pub(super) async fn change(
    State(directory): State<Arc<Shared<Directory>>>,
    Path(id): Path<Uuid>,
    Json(change): Json<AppChange>,
) -> Result<StatusCode, Refused> {
    let redirects = [&change.web_redirects, &change.public_redirects].into_iter().flatten().flatten();
    if let Some(wrong) = redirects.into_iter().find(|uri| !is_redirect(uri)) {
        return Err(Refused::bad(format!("{wrong}: expected an http or https URL without a fragment")));
    }
    let mut directory = directory.lock();
    let app = directory.apps.iter_mut().find(|app| app.id == id);
    let app = app.ok_or_else(|| Refused::unknown(format!("no app has the id {id}")))?;
    if let Some(certificates) = change.certificates {
        app.certificates = certificates
            .iter()
            .map(|pem| Certificate::read(pem).ok_or_else(|| Refused::bad("certificates: expected PEM with an RSA key")))
            .collect::<Result<_, _>>()?;
    }
    if let Some(secrets) = change.secrets.or_else(|| change.secret.map(|secret| vec![secret])) {
        app.secrets = secrets;
    }
    app.api_scopes = change.api_scopes.unwrap_or_else(|| app.api_scopes.clone());
    app.public_client = change.public_client.unwrap_or(app.public_client);
    for (redirects, change) in
        [(&mut app.web_redirects, change.web_redirects), (&mut app.public_redirects, change.public_redirects)]
    {
        if let Some(change) = change {
            *redirects = change;
        }
    }
    app.federated = change.federated_credentials.unwrap_or_else(|| app.federated.clone());
    app.azure_roles = change.azure_roles.unwrap_or_else(|| app.azure_roles.clone());
    app.secret_expired = change.secret_expired.unwrap_or(app.secret_expired);
    app.enabled = change.enabled.unwrap_or(app.enabled);
    app.graph_roles = change.graph_roles.unwrap_or_else(|| app.graph_roles.clone());
    app.api_roles = change.api_roles.unwrap_or_else(|| app.api_roles.clone());
    Ok(StatusCode::NO_CONTENT)
}

fn is_redirect(uri: &str) -> bool {
    url::Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.fragment().is_none())
}
