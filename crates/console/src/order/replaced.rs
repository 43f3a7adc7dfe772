//! Replacement of a key: an order for the person of a shipment, which links both.

use keyferry_domain::Shipment;
use keyferry_http::encode_segment;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

/// Shipment that an order replaces.
#[derive(Clone)]
pub(super) struct Replaced {
    /// Keyferry's id of the shipment.
    pub(super) id: String,
    /// The person of the shipment.
    pub(super) user: String,
    /// Why it is replaced.
    pub(super) reason: String,
    /// Whether its key is reported as lost.
    pub(super) is_lost: bool,
}

impl Replaced {
    pub(super) fn of(shipment: &Shipment, reason: String, is_lost: bool) -> Self {
        let user = shipment.user().map(ToString::to_string).unwrap_or_default();
        Self { id: shipment.id().to_string(), user, reason, is_lost }
    }

    /// Returns the address of the form.
    pub(super) fn form(&self) -> String {
        format!("/console/shipments/{}/replace", self.id)
    }

    /// Returns the address of the shipment.
    pub(super) fn shipment(&self) -> String {
        format!("/console/shipments/{}", self.id)
    }

    /// Returns the address of the person's passkeys.
    pub(super) fn passkeys(&self) -> String {
        format!("/console/people?user={}", byte_serialize(self.user.as_bytes()).collect::<String>())
    }

    /// Returns path and body of the operation.
    pub(super) fn request(&self, order: Value) -> (String, Value) {
        match self.is_lost {
            true => {
                let path = format!("/v1/people/{}/lost-key", encode_segment(&self.user));
                (path, json!({ "reason": self.reason, "shipment": self.id, "order": order }))
            }
            false => (format!("/v1/shipments/{}/replace", self.id), json!({ "reason": self.reason, "order": order })),
        }
    }

    /// Returns the id of the new shipment in the response of the operation.
    pub(super) fn new_id<'a>(&self, response: &'a Value) -> Option<&'a str> {
        match self.is_lost {
            true => response["withdrawal"]["replacement"].as_str(),
            false => response["id"].as_str(),
        }
    }
}
