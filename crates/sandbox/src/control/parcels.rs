//! Parcels: read them, change their state, corrupt their responses.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::refused::Refused;
use crate::delivery::{Delivery, Parcel, Refusal, tracking};
use crate::factory::tamper::{KNOWN, Tamper};
use crate::ground::clock::rfc3339;

/// Routes under `/control/parcels`.
pub(super) fn router(delivery: &Arc<Delivery>) -> Router {
    Router::new()
        .route("/control/parcels", get(list))
        .route("/control/parcels/{id}", get(one).delete(remove))
        .route("/control/parcels/{id}/advance", post(advance))
        .route("/control/parcels/{id}/state", post(set_state))
        .route("/control/parcels/{id}/tamper", post(tamper))
        .with_state(Arc::clone(delivery))
}

async fn list(State(delivery): State<Arc<Delivery>>) -> Json<Vec<Value>> {
    Json(delivery.parcels.read_all(view))
}

async fn one(State(delivery): State<Arc<Delivery>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    delivery.parcels.read(&id, view).map(Json)
}

async fn remove(State(delivery): State<Arc<Delivery>>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    if delivery.parcels.remove(&id) { Ok(StatusCode::NO_CONTENT) } else { Err(Refusal::not_found("Shipment")) }
}

async fn advance(State(delivery): State<Arc<Delivery>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    delivery.parcels.advance(&id, view).map(Json)
}

/// `{"state_id": 105}`.
async fn set_state(State(delivery): State<Arc<Delivery>>, Path(id): Path<String>, body: Bytes) -> Response {
    let wanted = member(&body, "state_id").and_then(|value| value.as_u64()).and_then(|id| u32::try_from(id).ok());
    let Some(state_id) = wanted else {
        return Refused::bad("expected {\"state_id\": <number>}, such as 103").into_response();
    };
    delivery.parcels.set_state(&id, state_id, view).map(Json).into_response()
}

/// `{"what": "wrong_origin"}`. `none` makes the responses valid again.
async fn tamper(State(delivery): State<Arc<Delivery>>, Path(id): Path<String>, body: Bytes) -> Response {
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
        && let Err(refusal) = delivery.parcels.read(other, |_| ())
    {
        return refusal.into_response();
    }
    delivery.parcels.tamper(&id, how).map(|()| StatusCode::NO_CONTENT).into_response()
}

/// Returns a member of a JSON body. The content type is ignored.
fn member(body: &[u8], name: &str) -> Option<Value> {
    serde_json::from_slice::<Value>(body).ok().and_then(|mut body| body.get_mut(name).map(Value::take))
}

/// Returns a parcel without the PIN.
fn view(parcel: &Parcel) -> Value {
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
        "user_handle": programmed.and_then(|one| one.user_handles().next()),
        "credential_id": programmed.and_then(|one| one.credential_ids().next()).map(|id| URL_SAFE_NO_PAD.encode(id)),
        "tampered": parcel.tamper.as_ref().map(|how| format!("{how:?}")),
    });
    if let Some(members) = view.as_object_mut() {
        members.append(&mut tracking(parcel));
    }
    view
}
