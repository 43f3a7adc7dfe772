//! The vault's calls.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::{Action, admit};
use super::error::VaultError;
use super::shelves::{Attributes, Given, Place, read_skip_token, skip_token};
use crate::settings::Settings;
use crate::state::World;

type Answer = Result<Json<Value>, VaultError>;
type Asked = Query<HashMap<String, String>>;

/// The largest page, and the one when nobody asks for another.
const PAGE: usize = 25;

fn enter(
    world: &World,
    headers: &HeaderMap,
    query: &HashMap<String, String>,
    action: Action,
    name: &str,
) -> Result<Settings, VaultError> {
    admit(world, headers, action, name)?;
    if !query.contains_key("api-version") {
        return Err(VaultError::bad("The api-version query parameter (?api-version=) is required for all requests."));
    }
    Ok(world.settings())
}

fn place<'a>(world: &'a World, settings: &Settings) -> Place<'a> {
    Place { url: &world.facts.vault_url, purge_protection: settings.vault_purge_protection }
}

fn parse<T: for<'de> Deserialize<'de>>(body: &Bytes) -> Result<T, VaultError> {
    serde_json::from_slice(body).map_err(|error| VaultError::bad(format!("The body is not understood: {error}")))
}

pub(super) async fn set(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Asked,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let settings = enter(&world, &headers, &query, Action::Set, &name)?;
    let given: Given = parse(&body)?;
    let now = world.clock.tokens();
    world.vault.shelves().set(place(&world, &settings), &name, given, now).map(Json)
}

pub(super) async fn latest(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Asked,
    headers: HeaderMap,
) -> Answer {
    let settings = enter(&world, &headers, &query, Action::Get, &name)?;
    world.vault.shelves().read(place(&world, &settings), &name, None).map(Json)
}

pub(super) async fn version(
    State(world): State<Arc<World>>,
    Path((name, version)): Path<(String, String)>,
    Query(query): Asked,
    headers: HeaderMap,
) -> Answer {
    let settings = enter(&world, &headers, &query, Action::Get, &name)?;
    world.vault.shelves().read(place(&world, &settings), &name, Some(&version)).map(Json)
}

pub(super) async fn versions(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Asked,
    headers: HeaderMap,
) -> Answer {
    let settings = enter(&world, &headers, &query, Action::ReadMetadata, &name)?;
    let items = world.vault.shelves().versions(place(&world, &settings), &name)?;
    Ok(Json(json!({ "value": items, "nextLink": null })))
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    attributes: Attributes,
}

pub(super) async fn update(
    State(world): State<Arc<World>>,
    Path((name, version)): Path<(String, String)>,
    Query(query): Asked,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let settings = enter(&world, &headers, &query, Action::Update, &name)?;
    let change: Change = parse(&body)?;
    let now = world.clock.tokens();
    world.vault.shelves().update(place(&world, &settings), &name, &version, &change.attributes, now).map(Json)
}

pub(super) async fn list(State(world): State<Arc<World>>, Query(query): Asked, headers: HeaderMap) -> Answer {
    let settings = enter(&world, &headers, &query, Action::ReadMetadata, "secrets")?;
    let wanted = query.get("maxresults").map(|text| text.parse::<usize>());
    let size = match wanted {
        None => PAGE,
        Some(Ok(size)) if (1..=PAGE).contains(&size) => size,
        Some(_) => return Err(VaultError::bad("maxresults is out of range: expected 1 to 25.")),
    };
    let skip = match query.get("$skiptoken") {
        None => 0,
        Some(token) => read_skip_token(token).ok_or_else(|| VaultError::bad("The $skiptoken is not understood."))?,
    };
    let place = place(&world, &settings);
    let (items, more) = world.vault.shelves().list(place, skip, size);
    let version = query.get("api-version").map_or("", String::as_str);
    let next = more.then(|| {
        let token = skip_token(skip + size);
        format!("{}/secrets?api-version={version}&$skiptoken={token}&maxresults={size}", place.url)
    });
    Ok(Json(json!({ "value": items, "nextLink": next })))
}

pub(super) async fn remove(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Asked,
    headers: HeaderMap,
) -> Answer {
    let settings = enter(&world, &headers, &query, Action::Delete, &name)?;
    let (now, looks) = (world.clock.tokens(), settings.vault_deletion_looks);
    world.vault.shelves().remove(place(&world, &settings), &name, looks, now).map(Json)
}

pub(super) async fn deleted(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Asked,
    headers: HeaderMap,
) -> Answer {
    let settings = enter(&world, &headers, &query, Action::ReadMetadata, &name)?;
    world.vault.shelves().look_at_deleted(place(&world, &settings), &name).map(Json)
}

pub(super) async fn purge(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Asked,
    headers: HeaderMap,
) -> Result<StatusCode, VaultError> {
    let settings = enter(&world, &headers, &query, Action::Purge, &name)?;
    world.vault.shelves().purge(place(&world, &settings), &name).map(|()| StatusCode::NO_CONTENT)
}

pub(super) async fn recover(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Asked,
    headers: HeaderMap,
) -> Answer {
    let settings = enter(&world, &headers, &query, Action::Recover, &name)?;
    world.vault.shelves().recover(place(&world, &settings), &name).map(Json)
}
