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
    app.federated = change.federated_credentials.unwrap_or_else(|| app.federated.clone());
    app.azure_roles = change.azure_roles.unwrap_or_else(|| app.azure_roles.clone());
    app.secret_expired = change.secret_expired.unwrap_or(app.secret_expired);
    app.enabled = change.enabled.unwrap_or(app.enabled);
    app.graph_roles = change.graph_roles.unwrap_or_else(|| app.graph_roles.clone());
    app.api_roles = change.api_roles.unwrap_or_else(|| app.api_roles.clone());
    Ok(StatusCode::NO_CONTENT)
}
