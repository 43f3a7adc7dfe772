//! What Azure gives a container app: a table, a vault, and an identity that opens both.

use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use keyferry_http::oauth::TokenSource as _;
use serde_json::{Value, json};

use super::common::{Table, Token};
use super::double::Vault;
use super::support::{Connector, Sandbox};

pub(crate) const IDENTITY_HEADER: &str = "canary-identity-header";

/// One deployment; connectors in it are replicas.
pub(crate) struct Place {
    pub(crate) table: Table,
    pub(crate) vault: Vault,
    sandbox: Arc<Sandbox>,
    settings: Vec<(&'static str, String)>,
}

impl Place {
    /// An empty one, with both of the connector's own secrets in the vault. `None`: Azurite is not installed, and said.
    pub(crate) async fn new() -> Option<Self> {
        let table = Table::empty().await?;
        let vault = Vault::serve().await;
        vault.put("YED-API-TOKEN", "sandbox-delivery-token");
        vault.put("ENTRA-FIDO-API-CLIENT-SECRET", "sandbox-connector-secret");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let identity = format!("http://{}/msi/token", listener.local_addr().unwrap());
        let router = Router::new().route("/msi/token", get(token));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let authorities = [table.authority(), &vault.authority].concat();
        let settings = vec![
            ("YED_API_TOKEN", String::new()),
            ("ENTRA_FIDO_API_CLIENT_SECRET", String::new()),
            ("CONTAINER_APP_NAME", "keys".to_owned()),
            ("KEYFERRY_CHECK_DATA_DISK", String::new()),
            ("AZURE_TABLES_ENDPOINT", table.endpoint().to_string()),
            ("AZURE_TABLES_SHIPMENTS_TABLE_NAME", table.name.clone()),
            ("AZURE_KEY_VAULT_ENDPOINT", vault.endpoint.to_string()),
            ("KEYFERRY_VERIFY_VAULT_CHALLENGE", "false".to_owned()),
            ("IDENTITY_ENDPOINT", identity),
            ("IDENTITY_HEADER", IDENTITY_HEADER.to_owned()),
            ("KEYFERRY_EXTRA_CA_FILE", authorities),
        ];
        Some(Self { table, vault, sandbox: Arc::new(Sandbox::start()), settings })
    }

    /// One more replica, with more settings.
    pub(crate) async fn connector(&self, more: &[(&str, &str)]) -> Connector {
        let dir = tempfile::tempdir().unwrap();
        let authorities = dir.path().join("authorities.pem");
        let mut settings: Vec<_> = self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (_, pem) = settings.pop().unwrap();
        std::fs::write(&authorities, pem).unwrap();
        settings.push(("KEYFERRY_EXTRA_CA_FILE", authorities.to_str().unwrap()));
        settings.extend(more);
        Connector::at(self.sandbox.clone(), Arc::new(dir), &settings).await
    }

    /// Rows of shipments.
    pub(crate) async fn rows(&self) -> Vec<Value> {
        self.table.dump().await.into_iter().filter(|row| row["PartitionKey"] == "keyferry").collect()
    }
}

async fn token(Query(query): Query<Value>, headers: HeaderMap) -> Response {
    if headers.get("x-identity-header").is_none_or(|header| header != IDENTITY_HEADER) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let token = match query["resource"].as_str() {
        Some("https://storage.azure.com") => Token.token().await.unwrap().expose().to_owned(),
        Some("https://vault.azure.net") => "canary-vault-token".to_owned(),
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    json!({"access_token": token, "expires_on": "4102444800", "resource": query["resource"], "token_type": "Bearer"})
        .to_string()
        .into_response()
}
