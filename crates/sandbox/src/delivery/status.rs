//! Operations that read and delete shipments: one pre-registered shipment, and the list of all.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::auth::Authorized;
use super::parcel::{LAST_EDITABLE, Parcel, described, stamp};
use super::refusal::Refusal;
use super::state::Delivery;
use crate::factory::programme::Responses;

/// Maximum number of shipments in one response.
const MOST: usize = 100;

/// `GET /fpr/shipments/{id}`.
pub(super) async fn get(
    _: Authorized,
    State(delivery): State<Arc<Delivery>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    delivery.parcels.read_with_responses(&id, shipment).map(Json)
}

/// `DELETE /fpr/shipments/{id}`. // inferred: the vendor's console offers it until the order is sent to fulfilment.
pub(super) async fn delete(
    _: Authorized,
    State(delivery): State<Arc<Delivery>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    if delivery.parcels.read(&id, |parcel| parcel.state_id)? > LAST_EDITABLE {
        return Err(Refusal::validation("Shipment was sent to fulfillment and can no longer be deleted"));
    }
    delivery.parcels.remove(&id);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /shipments_exact/{id}`. An unknown id is a 400, unlike in `get`. // inferred: for pre-registered shipments.
pub(super) async fn exact(
    _: Authorized,
    State(delivery): State<Arc<Delivery>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    delivery.parcels.read(&id, flat).map(Json).map_err(|_| Refusal::validation("Unknown shipment_id"))
}

/// Query parameters of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
    /// Value that `search_field` must have.
    #[serde(default)]
    search: Option<String>,
    #[serde(default)]
    search_field: Option<String>,
}

impl Page {
    /// Returns the state of the wanted shipments. The sandbox supports no other search.
    fn state(&self) -> Result<Option<u32>, Refusal> {
        match (&self.search, self.search_field.as_deref()) {
            (None, None) => Ok(None),
            (Some(value), Some("shipment_state_id")) => {
                value.parse().map(Some).map_err(|_| Refusal::validation("search must be a state id"))
            }
            _ => Err(Refusal::validation("search_field must be shipment_state_id")),
        }
    }
}

/// `GET /shipments_exact`. // inferred: it contains pre-registered shipments; the name of the array.
pub(super) async fn list(
    _: Authorized,
    State(delivery): State<Arc<Delivery>>,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Refusal> {
    let limit = page.limit.unwrap_or(MOST);
    if limit == 0 || limit > MOST {
        return Err(Refusal::validation(format!("limit must be 1 to {MOST}")));
    }
    let state = page.state()?;
    let wanted = |parcel: &Parcel| state.is_none_or(|state| parcel.state_id == state);
    let (total, shown) = delivery.parcels.page(page.offset, limit, wanted, flat);
    Ok(Json(json!({ "count": shown.len(), "total_count": total, "shipments": shown })))
}

/// Returns `shipment_state`. // inferred: the members other than `shipment_state_id`.
fn state(parcel: &Parcel) -> Value {
    let (code, message) = described(parcel.state_id);
    json!({
        "shipment_state_id": parcel.state_id,
        "shipment_state_code": code,
        "shipment_state_message": message,
    })
}

/// Returns `shipment_messages`. // inferred: their members.
fn messages(parcel: &Parcel) -> Value {
    parcel.message.iter().map(|text| json!({ "message": text })).collect()
}

fn shipment(parcel: &Parcel, responses: Option<Responses>) -> Value {
    let mut items = Vec::new();
    if let Some(item) = parcel.item() {
        let mut view = json!({
            "product_id": item.product_id,
            "inventory_product_id": item.inventory_product_id,
            "product_quantity": item.product_quantity,
            "customization_id": item.customization_id,
        });
        if let (Some(programmed), Some(responses)) = (parcel.shipped(), responses) {
            view["product_data"] = json!([{
                "serial_number": programmed.maker.serial.to_string(),
                "firmware_version": programmed.maker.firmware,
                "fido_pin_response": responses.pin,
                "fido_credential_responses": responses.credentials,
            }]);
        }
        items.push(view);
    }
    let mut view = json!({
        "shipment_id": parcel.id,
        "shipment_state": state(parcel),
        "shipment_messages": messages(parcel),
        "shipment_items": items,
    });
    if let Some(members) = view.as_object_mut() {
        members.append(&mut tracking(parcel));
    }
    view
}

/// Returns carrier, tracking and dates. // inferred: the names are those of `shipments_exact`.
pub(crate) fn tracking(parcel: &Parcel) -> Map<String, Value> {
    let mut view = Map::new();
    let Some(shipped_at) = parcel.shipped_at else { return view };
    let number = &parcel.tracking_number;
    view.insert("carrier".to_owned(), json!("FEDEX"));
    view.insert("tracking_number".to_owned(), json!(number));
    view.insert("tracking_link".to_owned(), json!(format!("https://tracking.example/?number={number}")));
    view.insert("shipped_date".to_owned(), json!(stamp(shipped_at)));
    view.insert("delivered_date".to_owned(), json!(parcel.delivered_at.map(stamp)));
    view
}

/// Returns a shipment in the flat form of the list.
fn flat(parcel: &Parcel) -> Value {
    let (code, message) = described(parcel.state_id);
    let (person, place) = (&parcel.order.recipient, &parcel.order.mailing_address);
    let items: Vec<_> = parcel
        .item()
        .map(|item| {
            json!({
                "product_id": item.product_id,
                "product_name": parcel.product().map(|product| product.name),
                "inventory_product_id": item.inventory_product_id,
                "shipment_product_quantity": item.product_quantity,
            })
        })
        .into_iter()
        .collect();
    let mut view = json!({
        "shipment_id": parcel.id,
        "shipment_state_id": parcel.state_id,
        "shipment_state_code": code,
        "shipment_state_message": message,
        "shipment_messages": messages(parcel),
        "shipment_items": items,
        "shipment_request_date": stamp(parcel.ordered_at),
        "shipment_updated_date": stamp(parcel.entered_at),
        "delivery_type": parcel.order.delivery_type.unwrap_or(1),
        "channelpartner_id": parcel.order.reseller_organization_id,
        "recipient": person.recipient_company,
        "recipient_email": person.recipient_email,
        "recipient_firstname": person.recipient_firstname,
        "recipient_lastname": person.recipient_lastname,
        "recipient_telephone": person.recipient_telephone,
        "street_line1": place.street_line1,
        "street_line2": place.street_line2,
        "city": place.city,
        "region": place.region,
        "postal_code": place.postal_code,
        "country_code_2": place.country_code_2,
        "is_shipped": parcel.shipped_at.is_some(),
        "is_delivered": parcel.delivered_at.is_some(),
    });
    if let Some(members) = view.as_object_mut() {
        members.append(&mut tracking(parcel));
    }
    view
}
