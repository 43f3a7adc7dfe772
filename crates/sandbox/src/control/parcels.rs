//! Parcels: read them, change their state, corrupt their responses.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::holder::holder;
use super::listed::Paged;
use super::refused::Refused;
use super::summary;
use crate::delivery::{Advance, Parcel, Refusal, SEQUENCE, tracking};
use crate::factory::tamper::{KNOWN, Tamper};
use crate::ground::clock::rfc3339;
use crate::world::World;

/// Routes under `/control/parcels`.
pub(super) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/control/parcels", get(list))
        .route("/control/parcels/summary", get(summary::parcels))
        .route("/control/parcels/advance", post(advance_many))
        .route("/control/parcels/{id}", get(one).delete(remove))
        .route("/control/parcels/{id}/advance", post(advance))
        .route("/control/parcels/{id}/state", post(set_state))
        .route("/control/parcels/{id}/tamper", post(tamper))
        .with_state(Arc::clone(world))
}

/// Which parcels are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    /// Mail address (case-insensitive).
    recipient: Option<String>,
    state_id: Option<u32>,
    /// Object id or user principal name of the key's holder.
    user: Option<String>,
}

/// Returns a page of parcels, oldest order first.
async fn list(State(world): State<Arc<World>>, Query(wanted): Query<Wanted>, page: Paged) -> Result<Response, Refused> {
    let user = match &wanted.user {
        Some(name) => {
            let found = world.ground.directory.lock().user(name).map(|user| user.id);
            Some(found.ok_or_else(|| Refused::unknown(format!("no user is named {name}")))?)
        }
        None => None,
    };
    let address =
        |parcel: &Parcel| parcel.order.recipient.recipient_email.as_deref().unwrap_or_default().to_lowercase();
    let recipient = wanted.recipient.as_deref().map(str::to_lowercase);
    let fits = |parcel: &Parcel| {
        recipient.as_ref().is_none_or(|recipient| address(parcel) == *recipient)
            && wanted.state_id.is_none_or(|state| parcel.state_id == state)
            && (user.is_none() || holder(&world, parcel) == user)
    };
    let (total, shown) = world.delivery.parcels.page(page.offset, page.limit, fits, |parcel| view(&world, parcel));
    Ok(page.answer(total, &shown))
}

/// Which parcels move on, and how far.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    #[serde(default)]
    from: Option<u32>,
    #[serde(default)]
    until: Option<u32>,
    #[serde(default = "whole")]
    share: f64,
}

fn whole() -> f64 {
    1.0
}

/// `{"from": 3, "until": 103, "share": 0.5}`; all members are optional.
async fn advance_many(State(world): State<Arc<World>>, body: Bytes) -> Result<Json<Value>, Refused> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
    let Move { from, until, share } = serde_json::from_slice(body).map_err(|error| Refused::bad(error.to_string()))?;
    if !(0.0..=1.0).contains(&share) {
        return Err(Refused::bad("share must be from 0.0 to 1.0"));
    }
    if until.is_some_and(|state| !SEQUENCE.contains(&state)) {
        return Err(Refused::bad(format!("until must be one of {SEQUENCE:?}")));
    }
    // Keys are made on a thread of their own: that takes seconds for thousands of parcels.
    let moved = spawn_blocking(move || world.delivery.parcels.advance_many(Advance { from, until, share }));
    let moved = moved.await.map_err(|error| Refused::bad(error.to_string()))?;
    Ok(Json(json!({ "moved": moved })))
}

async fn one(State(world): State<Arc<World>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    world.delivery.parcels.read(&id, |parcel| view(&world, parcel)).map(Json)
}

async fn remove(State(world): State<Arc<World>>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    if world.delivery.parcels.remove(&id) { Ok(StatusCode::NO_CONTENT) } else { Err(Refusal::not_found("Shipment")) }
}

async fn advance(State(world): State<Arc<World>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    world.delivery.parcels.advance(&id, |parcel| view(&world, parcel)).map(Json)
}

/// `{"state_id": 105}`.
async fn set_state(State(world): State<Arc<World>>, Path(id): Path<String>, body: Bytes) -> Response {
    let wanted = member(&body, "state_id").and_then(|value| value.as_u64()).and_then(|id| u32::try_from(id).ok());
    let Some(state_id) = wanted else {
        return Refused::bad("expected {\"state_id\": <number>}, such as 103").into_response();
    };
    world.delivery.parcels.set_state(&id, state_id, |parcel| view(&world, parcel)).map(Json).into_response()
}

/// `{"what": "wrong_origin"}`. `none` makes the responses valid again.
async fn tamper(State(world): State<Arc<World>>, Path(id): Path<String>, body: Bytes) -> Response {
    let what = member(&body, "what");
    let how = match what.as_ref().and_then(Value::as_str) {
        Some("none") => Some(None),
        Some(text) => text.parse::<Tamper>().ok().map(Some),
        None => None,
    };
    let Some(how) = how else {
        return Refused::bad(format!("expected {{\"what\": …}}, one of: {KNOWN}")).into_response();
    };
    if let Some(Tamper::SwapWith(other)) = &how
        && let Err(refusal) = world.delivery.parcels.read(other, |_| ())
    {
        return refusal.into_response();
    }
    world.delivery.parcels.tamper(&id, how).map(|()| StatusCode::NO_CONTENT).into_response()
}

/// Returns a member of a JSON body. The content type is ignored.
fn member(body: &[u8], name: &str) -> Option<Value> {
    serde_json::from_slice::<Value>(body).ok().and_then(|mut body| body.get_mut(name).map(Value::take))
}

/// Returns a parcel without the PIN.
fn view(world: &World, parcel: &Parcel) -> Value {
    let programmed = parcel.programmed.as_ref();
    let mut view = json!({
        "shipment_id": parcel.id,
        "state_id": parcel.state_id,
        "entered_at": rfc3339(parcel.entered_at),
        "ordered_at": rfc3339(parcel.ordered_at),
        "message": parcel.message,
        "product_id": parcel.item().and_then(|item| item.product_id),
        "product": parcel.product().map(|product| product.name),
        "customization_id": parcel.item().and_then(|item| item.customization_id.clone()),
        "recipient_email": parcel.order.recipient.recipient_email,
        "recipient_firstname": parcel.order.recipient.recipient_firstname,
        "recipient_lastname": parcel.order.recipient.recipient_lastname,
        "serial_number": programmed.map(|one| one.maker.serial.to_string()),
        "firmware_version": programmed.map(|one| one.maker.firmware),
        "aaguid": programmed.and_then(|one| one.aaguid()),
        "request_id": programmed.map(|one| one.maker.request_id.as_str()),
        "user_id": holder(world, parcel),
        "user_handle": programmed.and_then(|one| one.user_handles().next()),
        "credential_id": programmed.and_then(|one| one.credential_ids().next()).map(|id| URL_SAFE_NO_PAD.encode(id)),
        "tampered": parcel.tamper.as_ref().map(|how| format!("{how:?}")),
    });
    if let Some(members) = view.as_object_mut() {
        members.append(&mut tracking(parcel));
    }
    view
}

#[cfg(test)]
mod tests;
