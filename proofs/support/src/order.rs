//! An order as callers send it.

use serde_json::{Value, json};

/// Returns the guide's example of an order, with values that the delivery service accepts.
pub fn order_for(user: &str) -> Value {
    json!({
        "user_id": user,
        "pin_request": { "type": "generate", "length": 8 },
        "yubico_shipment_request": {
            "reseller_organization_id": "",
            "delivery_type": 1,
            "address_validation_bypass": false,
            "recipient": {
                "recipient_company": "Contoso",
                "recipient_email": "parcel@contoso.onmicrosoft.com",
                "recipient_firstname": "Ada",
                "recipient_lastname": "Lovelace",
                "recipient_telephone": "5555555555"
            },
            "mailing_address": {
                "street_line1": "1 Analytical Way",
                "street_line2": "Apt 2",
                "city": "Palo Alto",
                "region": "CA",
                "postal_code": "94301",
                "country_code_2": "US"
            },
            "shipment_items": [
                { "product_id": 1, "inventory_product_id": 106, "product_quantity": 1, "customization_id": "CUSTID" }
            ]
        }
    })
}
