use serde_json::{Value, json};

use crate::testing::Bench;
use crate::testing::requester::{Requester, TOKEN};
use crate::{Sandbox, SandboxOptions};

async fn json_of(response: reqwest::Response, status: u16) -> Value {
    assert_eq!(response.status(), status);
    response.json().await.unwrap()
}

#[tokio::test]
async fn parcel_is_delivered_and_its_responses_decrypt() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let id = requester.order().await;
    assert_eq!(id.len(), 22);
    assert_eq!(requester.shipment(&id).await["shipment_state"]["shipment_state_id"], 3);

    for expected in [5, 100, 102] {
        assert_eq!(requester.advance(&id).await["state_id"], expected);
        let shipment = requester.shipment(&id).await;
        assert!(shipment["shipment_items"][0]["product_data"].is_null(), "state {expected}");
        assert!(shipment["tracking_number"].is_null());
    }
    assert_eq!(requester.advance(&id).await["state_id"], 103);
    let shipment = requester.shipment(&id).await;
    assert_eq!(shipment["shipment_state"]["shipment_state_code"], "ShipmentStateShipped");
    assert!(shipment["tracking_number"].is_string() && shipment["shipped_date"].is_string());
    assert!(shipment["delivered_date"].is_null());
    let data = &shipment["shipment_items"][0]["product_data"][0];
    assert_eq!(data["firmware_version"], "5.7.4");

    let (credential, pin) = requester.responses(&id).await;
    assert_eq!(credential["request_id"], requester.request_id);
    assert_eq!(credential["serial_number"], data["serial_number"]);
    assert_eq!(credential["credential"]["type"], "public-key");
    assert_eq!(pin["serial_number"], data["serial_number"]);
    assert_eq!(pin["pin"].as_str().unwrap().len(), 8);
    assert_eq!(pin["change_on_first_use"], false);

    assert_eq!(requester.advance(&id).await["state_id"], 104);
    assert!(requester.shipment(&id).await["delivered_date"].is_string());
}

#[tokio::test]
async fn parcels_advance_with_the_parcel_clock() {
    let options = SandboxOptions { parcel_seconds_per_state: 3600.0, ..SandboxOptions::ephemeral() };
    let bench = Bench { sandbox: Sandbox::start(options).await.unwrap(), ..Bench::start().await };
    let requester = Requester::new(&bench);
    let (moving, held) = (requester.order().await, requester.order().await);
    let path = format!("control/parcels/{held}/state");
    bench.post(&path, &json!({ "state_id": 9 })).send().await.unwrap();
    let step = json!({ "advance_seconds": 4 * 3600 });
    assert!(bench.post("control/clock", &step).send().await.unwrap().status().is_success());
    let shipment = requester.shipment(&moving).await;
    assert_eq!(shipment["shipment_state"]["shipment_state_id"], 103);
    assert_eq!(requester.shipment(&held).await["shipment_state"]["shipment_state_id"], 9);
    requester.responses(&moving).await;
}

#[tokio::test]
async fn requires_the_token_except_for_key_sets() {
    let bench = Bench::start().await;
    for path in ["fpr/shipments/x", "shipments_exact", "products", "inventory", "countries", "shippablekeys"] {
        let answer = bench.get(&format!("delivery/v1/{path}")).bearer_auth("wrong").send().await.unwrap();
        assert!(json_of(answer, 401).await["message"].is_string());
    }
    let answer = bench.post("delivery/v1/fpr/shipments", &json!({})).send().await.unwrap();
    assert_eq!(json_of(answer, 401).await["code"], "unauthorized");
    let keys: Value = bench.get(".well-known/yubico-sign.jwks").send().await.unwrap().json().await.unwrap();
    assert_eq!(keys["SkipUnresolvedJsonWebKeys"], true);
    assert_eq!((&keys["keys"][0]["use"], &keys["keys"][0]["alg"]), (&json!("sig"), &json!("ES384")));
    assert!(keys["keys"][0]["x5c"][0].is_string() && keys["keys"][0]["d"].is_null());
    let keys: Value = bench.get(".well-known/yubico-transport-keys.jwks").send().await.unwrap().json().await.unwrap();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn refused_order_names_the_reason_and_creates_no_parcel() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let mut body = requester.body(&requester.credential_request(), &requester.pin_request()).await;
    body["recipient"]["recipient_lastname"] = json!("Lovelace-Byron-of-Ockham");
    let answer = json_of(requester.post(&body).await, 400).await;
    let expected = json!({
        "code": "validation_error",
        "message": "Input for Last Name exceeded limit of 20 characters"
    });
    assert_eq!(answer, expected);
    body["recipient"] = json!("text");
    assert_eq!(json_of(requester.post(&body).await, 400).await["code"], "validation_error");
    let parcels: Value = bench.get("control/parcels").send().await.unwrap().json().await.unwrap();
    assert_eq!(parcels, json!([]));
}

#[tokio::test]
async fn identical_orders_create_separate_parcels() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let body = requester.body(&requester.credential_request(), &requester.pin_request()).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let answer = json_of(requester.post(&body).await, 200).await;
        assert_eq!(answer["shipment_state"]["shipment_state_id"], 3);
        ids.push(answer["shipment_id"].clone());
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    let list = |query: &'static str| {
        let request = bench.get(&format!("delivery/v1/shipments_exact?{query}")).bearer_auth(TOKEN);
        async move { request.send().await.unwrap() }
    };
    let page = json_of(list("limit=2&offset=1").await, 200).await;
    assert_eq!((&page["count"], &page["total_count"]), (&json!(2), &json!(3)));
    assert_eq!(page["shipments"][0]["shipment_id"], ids[1]);
    assert_eq!(page["shipments"][0]["recipient_lastname"], "Lovelace");
    json_of(list("limit=101").await, 400).await;
}

#[tokio::test]
async fn deletes_orders_only_before_fulfilment() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let delete = |id: &str| {
        let request = bench.delete(&format!("delivery/v1/fpr/shipments/{id}")).bearer_auth(TOKEN);
        async move { request.send().await.unwrap().status() }
    };
    let early = requester.order().await;
    assert_eq!(delete(&early).await, 204);
    assert_eq!(json_of(requester.status(&early).await, 404).await["code"], "not_found");
    assert_eq!(delete(&early).await, 404);
    let late = requester.order_and_ship().await;
    assert_eq!(delete(&late).await, 400);
    let removed = bench.delete(&format!("control/parcels/{late}")).send().await.unwrap();
    assert_eq!(removed.status(), 204);
    assert_eq!(requester.status(&late).await.status(), 404);
}

#[tokio::test]
async fn invalid_requests_end_in_a_processing_error() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let mut foreign = requester.pin_request();
    foreign["request_id"] = json!("00000000-0000-4000-8000-000000000000");
    let mut long = requester.pin_request();
    long["pin"]["length"] = json!(64);
    let mut other_format = requester.pin_request();
    other_format["format"] = json!("keyferry-2");
    for (pin_request, reason) in [(foreign, "differ"), (long, "pin.length"), (other_format, "format must be")] {
        let body = requester.body(&requester.credential_request(), &pin_request).await;
        assert_processing_error(&requester, &body, reason).await;
    }
    let mut no_es256 = requester.credential_request();
    no_es256["creation_options"]["pubKeyCredParams"] = json!([{ "type": "public-key", "alg": -257 }]);
    let body = requester.body(&no_es256, &requester.pin_request()).await;
    assert_processing_error(&requester, &body, "ES256").await;
    let mut unreadable = body.clone();
    unreadable["shipment_items"][0]["product_customizations"][0]["fido_pin_request"] = json!("no envelope");
    assert_processing_error(&requester, &unreadable, "PIN request").await;
}

async fn assert_processing_error(requester: &Requester<'_>, body: &Value, reason: &str) {
    let answer = json_of(requester.post(body).await, 200).await;
    let id = answer["shipment_id"].as_str().unwrap();
    requester.advance(id).await;
    requester.advance(id).await;
    let shipment = requester.shipment(id).await;
    assert_eq!(shipment["shipment_state"]["shipment_state_id"], 8, "{shipment}");
    let message = shipment["shipment_messages"][0]["message"].as_str().unwrap();
    assert!(message.contains(reason), "{message}");
}

#[tokio::test]
async fn key_rotation_does_not_affect_open_orders() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let under_way = requester.order().await;
    for what in ["transport", "transport", "delivery_signing"] {
        let answer = bench.post("control/keys-rotate", &json!({ "what": what })).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}");
    }
    let later = requester.order().await;
    for id in [under_way, later] {
        for _ in 0..4 {
            requester.advance(&id).await;
        }
        requester.responses(&id).await;
    }
}

#[tokio::test]
async fn returns_catalogue_and_validates_addresses() {
    let bench = Bench::start().await;
    let get = |path: &'static str| {
        let request = bench.get(&format!("delivery/v1/{path}")).bearer_auth(TOKEN);
        async move { request.send().await.unwrap() }
    };
    assert_eq!(json_of(get("products/29").await, 200).await["product_name"], "YubiKey 5C NFC");
    json_of(get("products/4711").await, 404).await;
    let inventory = json_of(get("inventory").await, 200).await;
    assert_eq!(inventory["organization_product_inventory"][0]["organization_product_inventory_id"], 106);
    let countries = json_of(get("countries").await, 200).await;
    assert_eq!(countries["countries"][0]["country_code_2"], "US");
    assert!(json_of(get("shippablekeys").await, 200).await["result_set"][0]["total_keys_available"].is_number());

    let validate = |street: &str| {
        let place = json!({ "street_line1": street, "city": "Berlin", "postal_code": "10115", "country_code_2": "DE" });
        let request = bench.post("delivery/v1/validate-address", &place).bearer_auth(TOKEN);
        async move { request.send().await.unwrap() }
    };
    assert_eq!(json_of(validate("Chausseestr. 1").await, 200).await["status"], "deliverable");
    assert_eq!(json_of(validate("Undeliverable Way 1").await, 400).await["status"], "undeliverable");
}

#[tokio::test]
async fn undeliverable_address_stops_parcel_unless_bypassed() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let mut body = requester.body(&requester.credential_request(), &requester.pin_request()).await;
    body["mailing_address"]["street_line1"] = json!("1 Undeliverable Way");
    for (bypass, state) in [(false, 7), (true, 5)] {
        body["address_validation_bypass"] = json!(bypass);
        let answer = json_of(requester.post(&body).await, 200).await;
        let id = answer["shipment_id"].as_str().unwrap();
        assert_eq!(requester.advance(id).await["state_id"], state);
    }
}

#[tokio::test]
async fn fail_after_creates_the_parcel() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let fault = json!({ "endpoint": "delivery.order", "kind": "fail_after", "status": 503, "times": 1 });
    bench.post("control/faults", &fault).send().await.unwrap();
    let body = requester.body(&requester.credential_request(), &requester.pin_request()).await;
    assert_eq!(requester.post(&body).await.status(), 503);
    let parcels: Vec<Value> = bench.get("control/parcels").send().await.unwrap().json().await.unwrap();
    assert_eq!(parcels.len(), 1);
}

#[tokio::test]
async fn gateway_answers_after_the_parcel_was_created() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let page = "<title>403 Forbidden</title>";
    bench.fault(json!({ "endpoint": "delivery.order", "kind": "fail_after", "status": 403, "body": page })).await;
    let body = requester.body(&requester.credential_request(), &requester.pin_request()).await;
    let answer = requester.post(&body).await;
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (403, page.to_owned()));
    let parcels: Vec<Value> = bench.get("control/parcels").send().await.unwrap().json().await.unwrap();
    assert_eq!(parcels.len(), 1);
}

#[tokio::test]
async fn injected_failure_has_the_services_own_form() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    bench.fault(json!({ "endpoint": "delivery.order", "kind": "fail_before", "status": 400 })).await;
    let body = requester.body(&requester.credential_request(), &requester.pin_request()).await;
    let answer = json_of(requester.post(&body).await, 400).await;
    assert_eq!(answer, json!({ "code": "sandboxFault", "message": "Fault injected by the sandbox." }));
}

#[tokio::test]
async fn shipments_are_found_by_state() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let (waiting, shipped) = (requester.order().await, requester.order_and_ship().await);
    let list = async |query: &str| {
        bench.get(&format!("delivery/v1/shipments_exact{query}")).bearer_auth(TOKEN).send().await.unwrap()
    };
    let found = json_of(list("?search=103&search_field=shipment_state_id").await, 200).await;
    assert_eq!((&found["total_count"], &found["shipments"][0]["shipment_id"]), (&json!(1), &json!(shipped)));
    assert_eq!(json_of(list("").await, 200).await["total_count"], 2);
    json_of(list("?search=x&search_field=shipment_state_id").await, 400).await;
    json_of(list("?search=Ada&search_field=recipient").await, 400).await;
    assert_eq!(json_of(list(&format!("/{waiting}")).await, 200).await["shipment_state_id"], 3);
    json_of(list("/unknown").await, 400).await;
}

#[tokio::test]
async fn a_po_box_works_only_inside_the_united_states() {
    let bench = Bench::start().await;
    let check = async |street: &str, country: &str, region: Option<&str>, code: &str| {
        let place = json!({
            "street_line1": street, "city": "X", "region": region, "postal_code": code, "country_code_2": country,
        });
        let answer = bench.post("delivery/v1/validate-address", &place).bearer_auth(TOKEN).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["status"].clone()
    };
    assert_eq!(check("P.O. Box 12", "US", Some("WA"), "98101").await, "deliverable");
    assert_eq!(check("P.O. Box 12", "DE", None, "10115").await, "undeliverable");
    assert_eq!(check("Boxhagener Straße 1", "DE", None, "10245").await, "deliverable");
}
