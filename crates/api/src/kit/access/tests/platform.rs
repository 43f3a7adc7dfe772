//! Property tests of the platform's principal header.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::json;

use crate::testing::ask::ask;
use crate::testing::world::{CALLER, World};
use keyferry_testkit::mutation::{any_bytes, changed, changes, config, edited, edits};

proptest! {
    #![proptest_config(config(128))]

    /// Any value of the header is accepted, or rejected with 401 or 403. It never causes a 5xx.
    #[test]
    fn accepts_or_rejects_any_principal(edits in edits(), changes in changes(), bytes in any_bytes(40)) {
        let world = World::new();
        let valid = json!({"auth_typ": "aad", "claims": [{"typ": "appid", "val": CALLER}]});
        let valid_header = STANDARD.encode(valid.to_string());
        for header in [
            edited(valid_header.as_bytes(), &edits),
            STANDARD.encode(changed(&valid, &changes).to_string()).into_bytes(),
            STANDARD.encode(&bytes).into_bytes(),
            bytes,
        ] {
            let headers: &[(&str, &[u8])] = &[("x-ms-client-principal", &header)];
            let path = "/v1/fpr/shipments/8gYnYQk5vVqYzKqY1p2xTQ";
            let Some((status, _)) = ask(&world, Method::GET, path, headers, vec![]) else { continue };
            prop_assert!([401, 403, 404].contains(&status), "{}", status);
        }
    }
}
