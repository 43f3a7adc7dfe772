//! The vault's calls.

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
use super::shelves::{Attributes, Given, Place, Shelves, read_skip_token, skip_token};
use crate::world::World;

type Answer = Result<Json<Value>, VaultError>;

/// The largest page, and the one when nobody asks for another.
const PAGE: usize = 25;

/// Somebody at the door.
pub(super) struct Caller {
    world: Arc<World>,
    headers: HeaderMap,
    query: HashMap<String, String>,
}

impl FromRequestParts<Arc<World>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, Infallible> {
        let query = Query::try_from_uri(&parts.uri).map(|Query(query)| query).unwrap_or_default();
        Ok(Self { world: Arc::clone(world), headers: parts.headers.clone(), query })
    }
}

/// What somebody who was let in works with.
struct Inside<'a> {
    shelves: MutexGuard<'a, Shelves>,
    place: Place<'a>,
    now: DateTime<Utc>,
    deletion_looks: u32,
}

impl Caller {
    /// Lets the caller in to do this with the secret `name`, or tells why not.
    fn enter(&self, action: Action, name: &str) -> Result<Inside<'_>, VaultError> {
        let world = &self.world;
        admit(world, &self.headers, action, name)?;
        if !self.query.contains_key("api-version") {
            let message = "The api-version query parameter (?api-version=) is required for all requests.";
            return Err(VaultError::bad(message));
        }
        let settings = world.settings();
        Ok(Inside {
            place: Place { url: &world.facts.vault_url, purge_protection: settings.vault_purge_protection },
            now: world.clock.tokens(),
            deletion_looks: settings.vault_deletion_looks,
            shelves: world.vault.shelves(),
        })
    }
}

fn parse<T: for<'de> Deserialize<'de>>(body: &Bytes) -> Result<T, VaultError> {
    serde_json::from_slice(body).map_err(|error| VaultError::bad(format!("The body is not understood: {error}")))
}

pub(super) async fn set(caller: Caller, Path(name): Path<String>, body: Bytes) -> Answer {
    let mut inside = caller.enter(Action::Set, &name)?;
    let given: Given = parse(&body)?;
    inside.shelves.set(inside.place, &name, given, inside.now).map(Json)
}

pub(super) async fn latest(caller: Caller, Path(name): Path<String>) -> Answer {
    let inside = caller.enter(Action::Get, &name)?;
    inside.shelves.read(inside.place, &name, None).map(Json)
}

pub(super) async fn version(caller: Caller, Path((name, version)): Path<(String, String)>) -> Answer {
    let inside = caller.enter(Action::Get, &name)?;
    inside.shelves.read(inside.place, &name, Some(&version)).map(Json)
}

pub(super) async fn versions(caller: Caller, Path(name): Path<String>) -> Answer {
    let inside = caller.enter(Action::ReadMetadata, &name)?;
    let items = inside.shelves.versions(inside.place, &name)?;
    Ok(Json(json!({ "value": items, "nextLink": null })))
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    attributes: Attributes,
}

pub(super) async fn update(caller: Caller, Path((name, version)): Path<(String, String)>, body: Bytes) -> Answer {
    let mut inside = caller.enter(Action::Update, &name)?;
    let change: Change = parse(&body)?;
    inside.shelves.update(inside.place, &name, &version, &change.attributes, inside.now).map(Json)
}

pub(super) async fn list(caller: Caller) -> Answer {
    let inside = caller.enter(Action::ReadMetadata, "secrets")?;
    let size = match caller.query.get("maxresults").map(|text| text.parse::<usize>()) {
        None => PAGE,
        Some(Ok(size)) if (1..=PAGE).contains(&size) => size,
        Some(_) => return Err(VaultError::bad("maxresults is out of range: expected 1 to 25.")),
    };
    let skip = match caller.query.get("$skiptoken") {
        None => 0,
        Some(token) => read_skip_token(token).ok_or_else(|| VaultError::bad("The $skiptoken is not understood."))?,
    };
    let (items, more) = inside.shelves.list(inside.place, skip, size);
    let version = caller.query.get("api-version").map_or("", String::as_str);
    let next = more.then(|| {
        let token = skip_token(skip + size);
        format!("{}/secrets?api-version={version}&$skiptoken={token}&maxresults={size}", inside.place.url)
    });
    Ok(Json(json!({ "value": items, "nextLink": next })))
}

pub(super) async fn remove(caller: Caller, Path(name): Path<String>) -> Answer {
    let mut inside = caller.enter(Action::Delete, &name)?;
    inside.shelves.remove(inside.place, &name, inside.deletion_looks, inside.now).map(Json)
}

pub(super) async fn deleted(caller: Caller, Path(name): Path<String>) -> Answer {
    let mut inside = caller.enter(Action::ReadMetadata, &name)?;
    inside.shelves.look_at_deleted(inside.place, &name).map(Json)
}

pub(super) async fn purge(caller: Caller, Path(name): Path<String>) -> Result<StatusCode, VaultError> {
    let mut inside = caller.enter(Action::Purge, &name)?;
    inside.shelves.purge(inside.place, &name).map(|()| StatusCode::NO_CONTENT)
}

pub(super) async fn recover(caller: Caller, Path(name): Path<String>) -> Answer {
    let mut inside = caller.enter(Action::Recover, &name)?;
    inside.shelves.recover(inside.place, &name).map(Json)
}
