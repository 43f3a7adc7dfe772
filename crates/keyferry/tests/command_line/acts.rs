//! Reconcile and offboard, with a demo.

use keyferry_proof_support::{ADA, ADA_ID, ALAN, ALAN_ID, GRACE_ID, order_for};
use reqwest::Method;
use serde_json::{Value, json};

use crate::shell::Shell;
use crate::support::Demo;

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_found_and_a_person_is_offboarded() {
    let demo = Demo::start().await;
    let complete = demo.complete_order(ADA).await;
    let mut shell = Shell::new();
    shell.login(&demo);
    let agreed = shell.ok(&["reconcile"]).out;
    assert!(agreed.starts_with("0 differences found.") && agreed.contains("1 person"), "{agreed}");

    // A passkey is deleted elsewhere.
    let method = demo.methods(ADA_ID).await[0]["id"].as_str().unwrap().to_owned();
    demo.control(Method::DELETE, &format!("/methods/{ADA_ID}/{method}"), &json!({})).await;
    let text = shell.fails_with_output(5, &["reconcile"]);
    assert!(!text.contains("panicked"), "{text}");
    let found: Value = {
        let done = shell.run(&["reconcile", "--json"], "");
        serde_json::from_str(&done.out).unwrap()
    };
    assert_eq!(found["differences"][0]["kind"], "method_gone");
    assert_eq!(found["differences"][0]["id"], demo.details(&complete).await["id"]);
    assert_eq!((&found["next_cursor"], &found["not_compared"]), (&Value::Null, &json!([])));

    // The leaver: one shipment is complete, one order is open.
    let open = shell.queue(ADA, "REQ-9");
    shell.until(&open, "accepted");
    let err = shell.fails(2, &["people", "offboard", ADA, "--reason", "she left"]);
    assert!(err.contains("--yes"), "{err}");
    let file = shell.file("leavers.txt", &format!("# this month\n{ADA}\n\n{ALAN}\n"));
    let offboard = ["people", "offboard", "--file", &file, "--reason", "they left", "--yes"];
    let done = shell.json(&offboard);
    let ada = &done["people"][0]["result"];
    assert_eq!((&ada["complete"], &ada["shipments"][0]["cancelled"]), (&json!(true), &json!(true)), "{done}");
    assert_eq!(ada["shipments"][1]["revoked"], json!(true), "{done}");
    assert_eq!(done["people"][1]["result"]["shipments"], json!([]));
    shell.until(&open, "cancelled");
    let again = shell.ok(&offboard).out;
    assert!(again.contains("Keyferry has no shipment for this person.") && again.contains("nothing"), "{again}");
    // What is revoked is no difference any more.
    assert!(shell.ok(&["reconcile"]).out.contains("0 differences"));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_people_who_moved_on_are_found() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    let mut shell = Shell::new();
    shell.login(&demo);
    assert!(shell.ok(&["reconcile"]).out.starts_with("0 differences found."));
    let change =
        async |user: &str, change: Value| demo.control(Method::PATCH, &format!("/users/{user}"), &change).await;
    // She moved, and her manager left.
    change(ADA_ID, json!({ "country": "New Zealand" })).await;
    change(GRACE_ID, json!({ "accountEnabled": false })).await;
    let kinds = |found: &Value| {
        let differences = found["differences"].as_array().unwrap().iter();
        differences.map(|one| one["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let found: Value = serde_json::from_str(&shell.run(&["reconcile", "--json"], "").out).unwrap();
    assert_eq!(kinds(&found), ["parcel_to_another_country", "pin_addressee_disabled"], "{found}");
    let moved = &found["differences"][0];
    assert_eq!(moved["id"], demo.details(&shipment).await["id"]);
    assert!(moved["detail"].as_str().unwrap().contains("goes to US, but the directory has NZ"), "{moved}");
    assert_eq!(moved["operation"], "cancel_shipment");
    change(ADA_ID, json!({ "manager": null })).await;
    let found: Value = serde_json::from_str(&shell.run(&["reconcile", "--json"], "").out).unwrap();
    assert_eq!(kinds(&found), ["parcel_to_another_country", "pin_addressee_missing"], "{found}");
    // The remedies.
    change(ADA_ID, json!({ "manager": ALAN_ID })).await;
    let cancel = format!("/v1/shipments/{shipment}/cancel");
    assert!(demo.post(&cancel, &json!({ "reason": "she moved" })).await.status.is_success());
    assert!(shell.ok(&["reconcile"]).out.contains("0 differences"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_key_is_replaced_once_and_returned_key_is_revoked() {
    let demo = Demo::start().await;
    let complete = demo.complete_order(ADA).await;
    let mut shell = Shell::new();
    shell.login(&demo);
    let lost = ["people", "lost-key", ADA, "--reason", "left on a train"];
    assert!(shell.fails(2, &lost).contains("--yes"));
    // The address was deleted after the order was sent.
    let unknown = shell.fails(1, &[&lost[..], &["--yes"]].concat());
    assert!(unknown.contains("KEYFERRY_FILL_FROM_DIRECTORY"), "{unknown}");
    assert_eq!(demo.methods(ADA_ID).await.len(), 1);
    let file = shell.file("next.json", &order_for(ADA).to_string());
    let report = [&lost[..], &["--file", &file, "--yes"]].concat();
    let done = shell.ok(&report);
    let new = done.out.trim().to_owned();
    assert!(done.err.contains("the passkey is revoked") && done.err.contains("next key is queued"), "{}", done.err);
    assert!(demo.methods(ADA_ID).await.is_empty());
    let again = shell.ok(&report);
    assert!(again.out.trim() == new && again.err.contains("reported before"), "{} {}", again.out, again.err);
    let details = demo.details(&complete).await;
    assert_eq!((&details["replaced_by"], &details["withdrawal"]["cause"]), (&json!(new), &json!("lost")));
    assert!(shell.ok(&["shipments", "show", &complete]).out.contains("lost since"));
    shell.until(&new, "accepted");

    let serial = details["keys"][0]["serial_number"].as_str().unwrap();
    let found = shell.json(&["people", "return", serial, "--reason", "found in a coat", "--yes"]);
    assert_eq!((&found["withdrawal"]["cause"], &found["left"]), (&json!("returned"), &Value::Null), "{found}");
    let err = shell.fails(4, &["people", "return", "4711", "--reason", "x", "--yes"]);
    assert!(err.contains("4711"), "{err}");
}
