//! Property tests of bodies and idempotency keys: a request is rejected in the documented form, or the recorded order
//! matches it.

use axum::http::Method;
use proptest::prelude::*;
use serde_json::Value;

use crate::testing::ask::{ask, assert_documented};
use crate::testing::world::{World, order};
use keyferry_testkit::mutation::{any_bytes, any_json, any_text, changed, changes, config, edited, edits};

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn records_the_order_as_sent_or_rejects_it(
        changes in changes(),
        any in any_json(),
        edits in edits(),
        bytes in any_bytes(64),
    ) {
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
            let answer = ask(&world, Method::POST, "/v1/fpr/shipments", &[], bytes.clone());
            let Some((status, body)) = answer else { continue };
            assert_documented(status, &body)?;
            let records = world.store.records.lock().unwrap().all();
            if status >= 400 {
                prop_assert!(bytes != valid.to_string().into_bytes(), "the guide's example was rejected: {}", body);
                prop_assert_eq!(records.len(), 0, "a rejected order was recorded: {}", body);
                continue;
            }
            let sent: Value = serde_json::from_str(&String::from_utf8_lossy(&bytes)).unwrap();
            let key = &records[0].keys()[0];
            let user = key.credentials[0].user.to_string();
            prop_assert_eq!(user.to_lowercase(), sent["user_id"].as_str().unwrap().to_lowercase());
            prop_assert_eq!(f64::from(key.pin_length.get()), sent["pin_request"]["length"].as_f64().unwrap());
            prop_assert_eq!(&sent["pin_request"]["type"], "generate");
        }
    }

    /// The same key and body are the same order. An invalid key is rejected before anything is ordered.
    #[test]
    fn repeated_idempotency_key_creates_one_shipment(
        key in prop_oneof![any_text(), "[!-~]{0,260}", "\"[ -~]{0,20}\""],
        bytes in any_bytes(20),
    ) {
        for key in [key.into_bytes(), bytes] {
            let world = World::new();
            let body = order().to_string().into_bytes();
            let headers: &[(&str, &[u8])] = &[("idempotency-key", &key)];
            let answer = ask(&world, Method::POST, "/v1/fpr/shipments", headers, body.clone());
            let Some((status, first)) = answer else { continue };
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
