//! Request and response of `POST /fpr/shipments`.

use keyferry_domain::ports::OrderToPlace;
use keyferry_domain::{DeliveryId, MailingAddress, Recipient};
use serde::{Deserialize, Serialize};

use super::object::Object;
use super::text::Text;

/// Maximum length of a shipment id, in bytes. Our own API does not accept longer ids. Known ids have 21 or 22 bytes.
const MAX_ID: usize = 128;

/// Body of an order.
#[derive(Serialize)]
pub(crate) struct OrderBody<'a> {
    // inferred: the integration guide has this member in the request to the connector. Its place in the request to the
    // delivery service, at the top level, is a guess.
    #[serde(skip_serializing_if = "Option::is_none")]
    reseller_organization_id: Option<&'a str>,
    delivery_type: i64,
    address_validation_bypass: bool,
    recipient: &'a Recipient,
    mailing_address: &'a MailingAddress,
    shipment_items: [Item<'a>; 1],
}

#[derive(Serialize)]
struct Item<'a> {
    product_id: i64,
    inventory_product_id: i64,
    product_quantity: u32,
    customization_id: &'a str,
    // inferred: one entry per physical key, so the number of entries equals `product_quantity`.
    product_customizations: [Customization<'a>; 1],
}

#[derive(Serialize)]
struct Customization<'a> {
    fido_pin_request: &'a str,
    fido_credential_requests: &'a [String],
}

impl<'a> OrderBody<'a> {
    pub(crate) fn new(place: &OrderToPlace<'a>) -> Self {
        let OrderToPlace { order, sealed, .. } = place;
        Self {
            reseller_organization_id: order.reseller_organization_id.as_deref(),
            delivery_type: order.delivery_type,
            address_validation_bypass: order.address_validation_bypass,
            recipient: &order.recipient,
            mailing_address: &order.mailing_address,
            shipment_items: [Item {
                product_id: order.product.product_id,
                inventory_product_id: order.product.inventory_product_id,
                product_quantity: 1,
                customization_id: &order.product.customization_id,
                product_customizations: [Customization {
                    fido_pin_request: &sealed.pin_request,
                    fido_credential_requests: &sealed.credential_requests,
                }],
            }],
        }
    }
}

/// Response to an accepted order. The state is requested later.
#[derive(Deserialize)]
pub(crate) struct OrderAnswer {
    #[serde(default)]
    shipment_id: Text,
}

impl OrderAnswer {
    /// Returns the shipment's id, or `None` if the response has no id that can be used in a URL.
    pub(crate) fn parse(body: &[u8]) -> Option<DeliveryId> {
        let Object(answer) = serde_json::from_slice::<Object<Self>>(body).ok()?;
        let id = answer.shipment_id.into_option()?;
        is_usable(&id).then(|| DeliveryId::new(id))
    }
}

/// Returns whether the id can be one path segment, in the delivery service's API and in our own.
fn is_usable(id: &str) -> bool {
    let visible = id.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#%".contains(&byte));
    visible && (1..=MAX_ID).contains(&id.len()) && id != "." && id != ".."
}

#[cfg(test)]
mod tests {
    use keyferry_domain::ports::SealedKey;

    use super::*;
    use crate::testing::fakes;

    #[test]
    fn sealed_requests_are_part_of_the_item() {
        let sealed = SealedKey { pin_request: "pin.jwe".into(), credential_requests: vec!["credential.jwe".into()] };
        let order = fakes::order();
        let body = OrderBody::new(&OrderToPlace { request: fakes::shipment(1), order: &order, sealed: &sealed });
        insta::assert_json_snapshot!(body, @r#"
        {
          "reseller_organization_id": "9pYkWVJvJ7gHnBq1F2cTzX",
          "delivery_type": 1,
          "address_validation_bypass": false,
          "recipient": {
            "recipient_company": "Contoso",
            "recipient_email": "ada@contoso.example",
            "recipient_firstname": "Ada",
            "recipient_lastname": "Byron",
            "recipient_telephone": "+1 555 0100"
          },
          "mailing_address": {
            "street_line1": "1 Analytical Way",
            "city": "Springfield",
            "region": "IL",
            "postal_code": "62701",
            "country_code_2": "US"
          },
          "shipment_items": [
            {
              "product_id": 29,
              "inventory_product_id": 106,
              "product_quantity": 1,
              "customization_id": "RXJN83",
              "product_customizations": [
                {
                  "fido_pin_request": "pin.jwe",
                  "fido_credential_requests": [
                    "credential.jwe"
                  ]
                }
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn reseller_organization_id_is_omitted_if_unset() {
        let sealed = SealedKey { pin_request: String::new(), credential_requests: Vec::new() };
        let order = keyferry_domain::Order { reseller_organization_id: None, ..fakes::order() };
        let body = OrderBody::new(&OrderToPlace { request: fakes::shipment(1), order: &order, sealed: &sealed });
        let json = serde_json::to_value(body).unwrap();
        assert!(json.get("reseller_organization_id").is_none());
    }

    #[test]
    fn response_without_usable_id_is_none() {
        let read = |body: &str| OrderAnswer::parse(body.as_bytes()).map(|id| id.as_str().to_owned());
        assert_eq!(read(r#"{"shipment_id":"8gYnYQk5vVqYzKqY1p2xTQ","x":1}"#), Some("8gYnYQk5vVqYzKqY1p2xTQ".into()));
        assert_eq!(read(r#"{"shipment_id":4711}"#), Some("4711".into()));
        for bad in ["{}", "", "OK", r#"{"shipment_id":null}"#, r#"{"shipment_id":["a"]}"#, r#"["a"]"#] {
            assert_eq!(read(bad), None, "{bad}");
        }
        let read = |id: &str| read(&serde_json::json!({ "shipment_id": id }).to_string());
        let (longest, long) = ("a".repeat(128), "a".repeat(129));
        for good in ["a", "-_.~", "a:b=c", &longest] {
            assert_eq!(read(good), Some(good.to_owned()));
        }
        for bad in ["", ".", "..", "a/b", "a?b", "a#b", "a%2e", "a b", "a\u{7f}", "\u{fc}", &long] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
