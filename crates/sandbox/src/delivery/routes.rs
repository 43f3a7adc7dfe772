//! Routes of the delivery service, and its short handlers.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::auth::Authorized;
use super::order::{Address, Order};
use super::parcel::{ORDERED, undeliverable};
use super::refusal::Refusal;
use super::state::Delivery;
use super::{catalogue, jwks, limits, status};

/// Returns the routes under `/delivery/v1`, and those of the two published key sets.
pub(crate) fn router(delivery: &Arc<Delivery>) -> Router {
    let guard = &delivery.guard;
    let one =
        guard.named("delivery.status", get(status::get)).merge(guard.named("delivery.delete", delete(status::delete)));
    Router::new()
        .route("/delivery/v1/fpr/shipments", guard.named("delivery.order", post(order)))
        .route("/delivery/v1/fpr/shipments/{id}", one)
        .route("/delivery/v1/shipments_exact", guard.named("delivery.list", get(status::list)))
        .route("/delivery/v1/shipments_exact/{id}", guard.named("delivery.list", get(status::exact)))
        .route("/delivery/v1/products", guard.named("delivery.catalogue", get(products)))
        .route("/delivery/v1/products/{id}", guard.named("delivery.catalogue", get(product)))
        .route("/delivery/v1/inventory", guard.named("delivery.catalogue", get(inventory)))
        .route("/delivery/v1/countries", guard.named("delivery.catalogue", get(countries)))
        .route("/delivery/v1/shippablekeys", guard.named("delivery.catalogue", get(shippable)))
        .route("/delivery/v1/validate-address", guard.named("delivery.validate_address", post(validate_address)))
        .route("/.well-known/yubico-transport-keys.jwks", guard.named("delivery.transport_keys", get(jwks::transport)))
        .route("/.well-known/yubico-sign.jwks", guard.named("delivery.signing_keys", get(jwks::signing)))
        .with_state(Arc::clone(delivery))
}

/// `POST /fpr/shipments`.
async fn order(_: Authorized, State(delivery): State<Arc<Delivery>>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let order: Order = parse(&body)?;
    limits::check(&order, delivery.settings.lock().delivery_limits)?;
    let id = delivery.parcels.take(order);
    // The initial state, even if the parcel clock has already advanced the parcel.
    Ok(Json(json!({
        "shipment_id": id,
        "shipment_state": {
            "shipment_state_id": ORDERED,
            "shipment_state_code": null,
            "shipment_state_message": "Awaiting Validation",
        },
        "shipment_messages": [],
    })))
}

/// Parses a request body: one JSON object. The error does not quote the body.
fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let value: Value =
        serde_json::from_slice(body).map_err(|_| Refusal::validation("Request body is not valid JSON"))?;
    serde_json::from_value(value).map_err(|_| Refusal::validation("Request body has a member of a wrong type"))
}

async fn products(_: Authorized) -> Json<Value> {
    let rows: Vec<_> = catalogue::PRODUCTS.iter().map(catalogue::product_json).collect();
    Json(json!({ "count": rows.len(), "total_count": rows.len(), "products": rows }))
}

async fn product(_: Authorized, Path(id): Path<u64>) -> Result<Json<Value>, Refusal> {
    let product = catalogue::product(id).ok_or_else(|| Refusal::not_found("Product"))?;
    Ok(Json(catalogue::product_json(product)))
}

async fn inventory(_: Authorized, State(delivery): State<Arc<Delivery>>) -> Json<Value> {
    Json(catalogue::inventory_json(&delivery.stock))
}

async fn countries(_: Authorized) -> Json<Value> {
    Json(catalogue::countries_json())
}

async fn shippable(_: Authorized, State(delivery): State<Arc<Delivery>>) -> Json<Value> {
    Json(catalogue::shippable_json(&delivery.stock))
}

/// `POST /validate-address`: 200 if the address is deliverable, otherwise 400 with the reasons.
async fn validate_address(_: Authorized, body: Bytes) -> Result<Response, Refusal> {
    let place: Address = parse(&body)?;
    let fault = address_fault(&place);
    let status = if fault.is_none() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let details: Vec<_> = fault.iter().map(|text| json!({ "description": text })).collect();
    let answer = json!({
        "status": if fault.is_none() { "deliverable" } else { "undeliverable" },
        "details": details,
        "address": {
            "street_line1": place.street_line1,
            "street_line2": place.street_line2,
            "city": place.city,
            "region": place.region,
            "postal_code": place.postal_code,
            "country_code_2": place.country_code_2,
        },
    });
    Ok((status, Json(answer)).into_response())
}

fn address_fault(place: &Address) -> Option<&'static str> {
    let filled = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.trim().is_empty());
    let country = place.country_code_2.as_deref().unwrap_or_default();
    if catalogue::regions(country).is_none() {
        Some("The country is not served")
    } else if !(filled(&place.street_line1) && filled(&place.city) && filled(&place.postal_code)) {
        Some("Street, city and postal code are required")
    } else if limits::region_and_postal_code(country, place).is_err() {
        Some("Region or postal code do not fit the country")
    } else if undeliverable(place) {
        Some("Address is undeliverable or could not be understood")
    } else {
        None
    }
}
