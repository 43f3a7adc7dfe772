//! Simulated keys, as their holders use them.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::listed::Paged;
use super::refused::Refused;
use crate::factory::Factory;
use crate::factory::device::{self, Device, RequestOptions};

/// Routes under `/control/keys`.
pub(super) fn router(factory: &Arc<Factory>) -> Router {
    Router::new()
        .route("/control/keys", get(list))
        .route("/control/keys/{serial}", get(one))
        .route("/control/keys/{serial}/assertion", post(assertion))
        .route("/control/keys/{serial}/pin", post(set_pin))
        .route("/control/keys/{serial}/plug-in", post(plug_in))
        .with_state(Arc::clone(factory))
}

#[derive(Deserialize)]
struct Reveal {
    #[serde(default)]
    reveal: Option<String>,
}

#[derive(Deserialize)]
struct Assertion {
    pin: String,
    options: Value,
}

#[derive(Deserialize)]
struct PlugIn {
    pin: String,
}

#[derive(Deserialize)]
struct PinChange {
    old: String,
    new: String,
}

async fn list(State(factory): State<Arc<Factory>>, page: Paged) -> Response {
    page.page(factory.devices().values().map(view))
}

/// `?reveal=pin` returns the PIN, for tests that search for it where it must not be.
async fn one(State(factory): State<Arc<Factory>>, Path(serial): Path<u64>, Query(query): Query<Reveal>) -> Response {
    with_device(&factory, serial, |device| {
        let mut shown = view(device);
        if query.reveal.as_deref() == Some("pin") {
            shown["pin"] = json!(device.pin().reveal());
        }
        Ok(shown)
    })
}

/// `{"pin": …, "options": PublicKeyCredentialRequestOptionsJSON}`, also as `{"publicKey": …}`.
async fn assertion(State(factory): State<Arc<Factory>>, Path(serial): Path<u64>, body: Bytes) -> Response {
    let Ok(Assertion { pin, mut options }) = serde_json::from_slice(&body) else {
        return Refused::bad("expected {\"pin\": <string>, \"options\": <PublicKeyCredentialRequestOptionsJSON>}")
            .into_response();
    };
    let options = options.get_mut("publicKey").map(Value::take).unwrap_or(options);
    let Ok(options) = serde_json::from_value::<RequestOptions>(options) else {
        return Refused::bad("options must have challenge and rpId, and may have allowCredentials").into_response();
    };
    with_device(&factory, serial, |device| device.assert(&pin, &options))
}

/// `{"old": …, "new": …}`.
async fn set_pin(State(factory): State<Arc<Factory>>, Path(serial): Path<u64>, body: Bytes) -> Response {
    let Ok(PinChange { old, new }) = serde_json::from_slice(&body) else {
        return Refused::bad("expected {\"old\": <string>, \"new\": <string>}").into_response();
    };
    with_device(&factory, serial, |device| device.set_pin(&old, &new).map(|()| view(device)))
}

/// `{"pin": …}`: returns the credentials with their private keys, for a browser's virtual authenticator.
async fn plug_in(State(factory): State<Arc<Factory>>, Path(serial): Path<u64>, body: Bytes) -> Response {
    let Ok(PlugIn { pin }) = serde_json::from_slice(&body) else {
        return Refused::bad("expected {\"pin\": <string>}").into_response();
    };
    with_device(&factory, serial, |device| device.plug_in(&pin))
}

fn with_device(
    factory: &Factory,
    serial: u64,
    act: impl FnOnce(&mut Device) -> Result<Value, device::Refused>,
) -> Response {
    match factory.devices().get_mut(&serial).map(act) {
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": "unknown_key" }))).into_response(),
        Some(Ok(answer)) => Json(answer).into_response(),
        Some(Err(refused)) => refusal(refused),
    }
}

fn refusal(refused: device::Refused) -> Response {
    let (status, body) = match refused {
        device::Refused::PinIncorrect { retries_left } => {
            (StatusCode::FORBIDDEN, json!({ "error": "pin_incorrect", "retries_left": retries_left }))
        }
        device::Refused::PinBlocked => (StatusCode::FORBIDDEN, json!({ "error": "pin_blocked", "retries_left": 0 })),
        device::Refused::PinChangeRequired => (StatusCode::FORBIDDEN, json!({ "error": "pin_change_required" })),
        device::Refused::PinPolicy => (StatusCode::BAD_REQUEST, json!({ "error": "pin_policy" })),
        device::Refused::NoCredential => (StatusCode::NOT_FOUND, json!({ "error": "no_credential" })),
        device::Refused::Broken(reason) => {
            (StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": "broken", "message": reason }))
        }
    };
    (status, Json(body)).into_response()
}

/// Returns a key without its PIN.
fn view(device: &Device) -> Value {
    json!({
        "serial_number": device.serial.to_string(),
        "firmware_version": device.firmware,
        "aaguid": device.aaguid,
        "product": device.product,
        "shipment_id": device.shipment_id,
        "retries_left": device.retries(),
        "pin_change_required": device.change_pin(),
    })
}

#[cfg(test)]
mod tests;
