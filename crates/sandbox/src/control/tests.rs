use serde_json::{Value, json};

use crate::testing::{ADA, Bench, CONNECTOR, read};

const GRACE: &str = "a1000000-0000-4000-8000-000000000002";
const JWKS: &str = "contoso.onmicrosoft.com/discovery/v2.0/keys";

#[tokio::test]
async fn world_lists_all_addresses() {
    let bench = Bench::start().await;
    let (status, world) = read(bench.get("control/world")).await;
    assert_eq!(status, 200);
    assert_eq!(world["tenant"]["id"], "11111111-2222-4333-8444-555555555555");
    assert_eq!(world["smtp"]["starttls_port"], bench.sandbox.addresses().smtp.port());
    assert_eq!(world["smtp"]["tls_port"], bench.sandbox.addresses().smtps.port());
    assert!(world["users"].as_array().unwrap().len() >= 10);
    for (path, pem) in [
        ("control/ca.pem", bench.sandbox.ca_pem()),
        ("control/attestation-root.pem", bench.sandbox.attestation_root_pem()),
    ] {
        let text = bench.get(path).send().await.unwrap().text().await.unwrap();
        assert!(text.starts_with("-----BEGIN CERTIFICATE-----") && text == pem, "{path}");
    }
}

#[tokio::test]
async fn steps_clocks_separately_or_together() {
    let bench = Bench::start().await;
    let now = json!({"now": "2030-01-01T00:00:00Z"});
    let (_, clocks) = read(bench.post("control/clock", &now)).await;
    assert!(clocks["parcels"].as_str().unwrap().starts_with("2030-01-01T00:0"));
    assert!(!clocks["tokens"].as_str().unwrap().starts_with("2030-01-01"));
    let both = json!({"now": "2031-01-01T00:00:00Z", "tokens_too": true});
    let (_, clocks) = read(bench.post("control/clock", &both)).await;
    assert!(clocks["tokens"].as_str().unwrap().starts_with("2031-01-01T00:0"));
    assert_eq!(read(bench.post("control/clock", &json!({}))).await.0, 400);
    assert_eq!(read(bench.post("control/clock", &json!({"advance_seconds": 1e300}))).await.0, 400);
}

#[tokio::test]
async fn accepts_each_kind_of_fault() {
    let bench = Bench::start().await;
    let once = async |mut rule: Value| {
        rule["endpoint"] = json!("jwks_login");
        rule["times"] = json!(1);
        bench.fault(rule).await;
        bench.get(JWKS).send().await
    };
    assert_eq!(once(json!({"kind": "fail_before", "status": 502})).await.unwrap().status(), 502);
    assert!(once(json!({"kind": "reset"})).await.is_err());
    assert!(once(json!({"kind": "fail_after"})).await.is_err());
    assert_eq!(once(json!({"kind": "delay", "delay_ms": 1})).await.unwrap().status(), 200);
    let throttled = once(json!({"kind": "throttle", "retry_after": 7})).await.unwrap();
    assert_eq!((throttled.status().as_u16(), throttled.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    let wrong = once(json!({"kind": "wrong_answer"})).await.unwrap();
    assert_eq!((wrong.status().as_u16(), wrong.headers()["content-type"].to_str().unwrap()), (200, "text/html"));
    let wrong = once(json!({"kind": "wrong_answer", "body": "{\"keys\": 1}"})).await.unwrap();
    assert_eq!(wrong.json::<Value>().await.unwrap(), json!({"keys": 1}));
    assert_eq!(bench.get(JWKS).send().await.unwrap().status(), 200);
    let (_, standing) = read(bench.get("control/faults")).await;
    assert!(standing.as_array().unwrap().iter().all(|one| one["struck"] == 1 && one["times"] == 0));
}

#[tokio::test]
async fn lists_removes_and_validates_faults() {
    let bench = Bench::start().await;
    let (status, made) = read(bench.post("control/faults", &json!({"endpoint": "*", "kind": "fail_before"}))).await;
    assert_eq!(status, 201);
    assert_eq!(bench.get(JWKS).send().await.unwrap().status(), 503);
    let path = format!("control/faults/{}", made["id"]);
    assert_eq!(read(bench.delete(&path)).await.0, 204);
    assert_eq!(read(bench.delete(&path)).await.0, 404);
    assert_eq!(bench.get(JWKS).send().await.unwrap().status(), 200);
    for wrong in
        [json!({"endpoint": "*", "kind": "delay"}), json!({"endpoint": "*", "kind": "reset", "probability": 2.0})]
    {
        assert_eq!(read(bench.post("control/faults", &wrong)).await.0, 400);
    }
}

#[tokio::test]
async fn journal_omits_query_strings() {
    let bench = Bench::start().await;
    bench.get(&format!("{JWKS}?secret=1")).header("client-request-id", "c0ffee").send().await.unwrap();
    bench.fault(json!({"endpoint": "jwks_login", "kind": "reset"})).await;
    assert!(bench.get(JWKS).send().await.is_err());
    let (_, calls) = read(bench.get("control/calls")).await;
    let calls: Vec<&Value> = calls.as_array().unwrap().iter().filter(|call| call["endpoint"] == "jwks_login").collect();
    assert_eq!(calls[0]["path"], format!("/{JWKS}"));
    assert_eq!((&calls[0]["status"], &calls[0]["client_request_id"]), (&json!(200), &json!("c0ffee")));
    assert_eq!(calls.last().unwrap()["status"], json!(null));
    assert_eq!(read(bench.delete("control/calls")).await.0, 204);
    assert_eq!(read(bench.get("control/calls")).await.1, json!([]));
}

#[tokio::test]
async fn changes_users_and_swaps_names() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let path = format!("control/users/{ADA}");
    let (_, ada) = read(bench.patch(&path, &json!({"mail": null, "manager": null, "accountEnabled": false}))).await;
    assert_eq!((&ada["mail"], &ada["manager"], &ada["account_enabled"]), (&json!(null), &json!(null), &json!(false)));
    assert_eq!(read(bench.patch(&path, &json!({"shoeSize": 1}))).await.0, 400);
    assert_eq!(read(bench.patch(&path, &json!({"upn": "grace.hopper@contoso.onmicrosoft.com"}))).await.0, 400);
    let swap = json!({"from": ADA, "to": GRACE});
    assert_eq!(read(bench.post("control/users/swap-upn", &swap)).await.0, 204);
    let (_, user) = read(bench.get("v1.0/users/ada.lovelace@contoso.onmicrosoft.com").bearer_auth(&token)).await;
    assert_eq!(user["id"], GRACE);
}

#[tokio::test]
async fn keeps_settings_that_are_not_given() {
    let bench = Bench::start().await;
    bench.set("settings", json!({"max_passkeys": 3})).await;
    bench.set("settings", json!({"graph_rate": {"requests": 5, "seconds": 10}})).await;
    let (_, settings) = read(bench.get("control/settings")).await;
    assert_eq!((&settings["max_passkeys"], &settings["graph_rate"]["requests"]), (&json!(3), &json!(5)));
    for wrong in [
        json!({"colour": 1}),
        json!({"access_token_version": 3}),
        json!({"exclude_encoding": "hex"}),
        json!({"parcel_seconds": -1}),
        json!({"delivery_rate": {"requests": 0, "seconds": 1}}),
        json!({"graph_rate": {"requests": 1}}),
    ] {
        assert_eq!(read(bench.put("control/settings", &wrong)).await.0, 400, "{wrong}");
    }
    bench.set("policy", json!({"isAttestationEnforced": false})).await;
    let (_, policy) = read(bench.get("control/policy")).await;
    assert_eq!((&policy["isAttestationEnforced"], &policy["state"]), (&json!(false), &json!("enabled")));
}

#[tokio::test]
async fn resets_to_initial_state() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    bench.set("settings", json!({"max_passkeys": 3})).await;
    bench.patch(&format!("control/users/{ADA}"), &json!({"mail": null})).send().await.unwrap();
    bench.fault(json!({"endpoint": "*", "kind": "fail_before"})).await;
    assert_eq!(read(bench.post("control/reset", &json!({}))).await.0, 204);
    let (status, ada) = read(bench.get(&format!("v1.0/users/{ADA}")).bearer_auth(&token)).await;
    assert_eq!((status, ada["mail"].as_str()), (200, Some("ada.lovelace@contoso.onmicrosoft.com")));
    assert_eq!(read(bench.get("control/settings")).await.1["max_passkeys"], 10);
}

#[tokio::test]
async fn stops_on_request() {
    let bench = Bench::start().await;
    let url = bench.url("control/clock");
    bench.http.get(&url).send().await.unwrap();
    bench.sandbox.shutdown().await;
    assert!(bench.http.get(&url).send().await.is_err());
}
