//! Operations of the vault.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, MutexGuard};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::{Action, admit};
use super::error::VaultError;
use super::secrets::{Attributes, Place, SecretBody, Secrets, read_skip_token, skip_token};
use super::state::Vault;

type Answer = Result<Json<Value>, VaultError>;

/// Maximum and default number of items on a page.
const PAGE: usize = 25;

/// Caller that is not authorized yet.
pub(super) struct Caller {
    vault: Arc<Vault>,
    headers: HeaderMap,
    query: HashMap<String, String>,
}

impl FromRequestParts<Arc<Vault>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, vault: &Arc<Vault>) -> Result<Self, Infallible> {
        let query = Query::try_from_uri(&parts.uri).map(|Query(query)| query).unwrap_or_default();
        Ok(Self { vault: Arc::clone(vault), headers: parts.headers.clone(), query })
    }
}

/// Access of an authorized caller to the secrets.
struct Authorized<'a> {
    secrets: MutexGuard<'a, Secrets>,
    place: Place<'a>,
    now: DateTime<Utc>,
    deletion_looks: u32,
}

impl Caller {
    /// Authorizes the caller for `action` on the secret `name`.
    ///
    /// # Errors
    /// Returns 401 or 403, or 400 if the query has no `api-version`.
    fn authorize(&self, action: Action, name: &str) -> Result<Authorized<'_>, VaultError> {
        let vault = &self.vault;
        admit(vault, &self.headers, action, name)?;
        if !self.query.contains_key("api-version") {
            let message = "The api-version query parameter (?api-version=) is required for all requests.";
            return Err(VaultError::bad(message));
        }
        let settings = vault.settings.get();
        Ok(Authorized {
            place: Place { url: &vault.facts.vault_url, purge_protection: settings.vault_purge_protection },
            now: vault.clock.tokens(),
            deletion_looks: settings.vault_deletion_looks,
            secrets: vault.secrets(),
        })
    }
}

fn parse<T: for<'de> Deserialize<'de>>(body: &Bytes) -> Result<T, VaultError> {
    serde_json::from_slice(body).map_err(|error| VaultError::bad(format!("The body is not understood: {error}")))
}

pub(super) async fn set(caller: Caller, Path(name): Path<String>, body: Bytes) -> Answer {
    let mut authorized = caller.authorize(Action::Set, &name)?;
    let given: SecretBody = parse(&body)?;
    authorized.secrets.set(authorized.place, &name, given, authorized.now).map(Json)
}

pub(super) async fn latest(caller: Caller, Path(name): Path<String>) -> Answer {
    let authorized = caller.authorize(Action::Get, &name)?;
    authorized.secrets.read(authorized.place, &name, None).map(Json)
}

pub(super) async fn version(caller: Caller, Path((name, version)): Path<(String, String)>) -> Answer {
    let authorized = caller.authorize(Action::Get, &name)?;
    authorized.secrets.read(authorized.place, &name, Some(&version)).map(Json)
}

pub(super) async fn versions(caller: Caller, Path(name): Path<String>) -> Answer {
    let authorized = caller.authorize(Action::ReadMetadata, &name)?;
    let items = authorized.secrets.versions(authorized.place, &name)?;
    Ok(Json(json!({ "value": items, "nextLink": null })))
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    attributes: Attributes,
}

pub(super) async fn update(caller: Caller, Path((name, version)): Path<(String, String)>, body: Bytes) -> Answer {
    let mut authorized = caller.authorize(Action::Update, &name)?;
    let change: Change = parse(&body)?;
    authorized.secrets.update(authorized.place, &name, &version, &change.attributes, authorized.now).map(Json)
}

pub(super) async fn list(caller: Caller) -> Answer {
    let authorized = caller.authorize(Action::ReadMetadata, "secrets")?;
    let size = match caller.query.get("maxresults").map(|text| text.parse::<usize>()) {
        None => PAGE,
        Some(Ok(size)) if (1..=PAGE).contains(&size) => size,
        Some(_) => return Err(VaultError::bad("maxresults is out of range: expected 1 to 25.")),
    };
    let skip = match caller.query.get("$skiptoken") {
        None => 0,
        Some(token) => read_skip_token(token).ok_or_else(|| VaultError::bad("The $skiptoken is not understood."))?,
    };
    let (items, more) = authorized.secrets.list(authorized.place, skip, size);
    let version = caller.query.get("api-version").map_or("", String::as_str);
    let next = more.then(|| {
        let token = skip_token(skip + size);
        format!("{}/secrets?api-version={version}&$skiptoken={token}&maxresults={size}", authorized.place.url)
    });
    Ok(Json(json!({ "value": items, "nextLink": next })))
}

pub(super) async fn remove(caller: Caller, Path(name): Path<String>) -> Answer {
    let mut authorized = caller.authorize(Action::Delete, &name)?;
    authorized.secrets.remove(authorized.place, &name, authorized.deletion_looks, authorized.now).map(Json)
}

pub(super) async fn deleted(caller: Caller, Path(name): Path<String>) -> Answer {
    let mut authorized = caller.authorize(Action::ReadMetadata, &name)?;
    authorized.secrets.read_deleted(authorized.place, &name).map(Json)
}

pub(super) async fn purge(caller: Caller, Path(name): Path<String>) -> Result<StatusCode, VaultError> {
    let mut authorized = caller.authorize(Action::Purge, &name)?;
    authorized.secrets.purge(authorized.place, &name).map(|()| StatusCode::NO_CONTENT)
}

pub(super) async fn recover(caller: Caller, Path(name): Path<String>) -> Answer {
    let mut authorized = caller.authorize(Action::Recover, &name)?;
    authorized.secrets.recover(authorized.place, &name).map(Json)
}
