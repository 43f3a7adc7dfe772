//! Bodies and idempotency keys by property: a refusal in the documented form, or an order that says the same.

use axum::http::Method;
use proptest::prelude::*;
use serde_json::Value;

use crate::testing::ask::{ask, assert_documented};
use crate::testing::world::{World, order};
use keyferry_testkit::mutation::{any_bytes, any_json, any_text, changed, changes, config, edited, edits};

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn an_order_is_taken_as_it_was_meant_or_refused(changes in changes(), any in any_json(), edits in edits(), bytes in any_bytes(64)) {
        let valid = order();
        let bodies = [
            valid.to_string().into_bytes(),
            changed(&valid, &changes).to_string().into_bytes(),
            any.to_string().into_bytes(),
            edited(valid.to_string().as_bytes(), &edits),
            bytes,
        ];
        for bytes in bodies {
            let world = World::new();
            let Some((status, body)) = ask(&world, Method::POST, "/v1/fpr/shipments", &[], bytes.clone()) else { continue };
            assert_documented(status, &body)?;
            let records = world.store.records.lock().unwrap().all();
            if status >= 400 {
                prop_assert!(bytes != valid.to_string().into_bytes(), "the guide's own order: {}", body);
                prop_assert_eq!(records.len(), 0, "a refused order leaves nothing: {}", body);
                continue;
            }
            let sent: Value = serde_json::from_str(&String::from_utf8_lossy(&bytes)).unwrap();
            let key = &records[0].keys()[0];
            prop_assert_eq!(key.credentials[0].user.to_string().to_lowercase(), sent["user_id"].as_str().unwrap().to_lowercase());
            prop_assert_eq!(f64::from(key.pin_length.get()), sent["pin_request"]["length"].as_f64().unwrap());
            prop_assert_eq!(&sent["pin_request"]["type"], "generate");
        }
    }

    /// The same key and body are the same order; a broken key is refused before anything is done.
    #[test]
    fn an_idempotency_key_is_one_key_or_none(key in prop_oneof![any_text(), "[!-~]{0,260}", "\"[ -~]{0,20}\""], bytes in any_bytes(20)) {
        for key in [key.into_bytes(), bytes] {
            let world = World::new();
            let body = order().to_string().into_bytes();
            let headers: &[(&str, &[u8])] = &[("idempotency-key", &key)];
            let Some((status, first)) = ask(&world, Method::POST, "/v1/fpr/shipments", headers, body.clone()) else { continue };
            assert_documented(status, &first)?;
            if status >= 400 {
                prop_assert_eq!(world.store.records.lock().unwrap().all().len(), 0);
                continue;
            }
            let (again, second) = ask(&world, Method::POST, "/v1/fpr/shipments", headers, body).unwrap();
            prop_assert_eq!((again, &second["shipment_id"]), (status, &first["shipment_id"]));
            prop_assert_eq!(world.store.records.lock().unwrap().all().len(), 1);
        }
    }
}
