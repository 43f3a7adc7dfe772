//! The address of an order that waits for it, given in place of the person.

use keyferry_proof_support::order_for;
use serde_json::json;

use crate::device_sandbox::{ADA, GRACE, begin, settings};
use crate::shell::Shell;
use crate::support::Demo;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_gives_the_address_of_an_order_that_waits() {
    let demo = Demo::with(&["--address-by", "person", "--verbose"]).await;
    settings(&demo, json!({ "device_code_interval": 1 })).await;
    let (mut shell, done) = begin(&demo, Shell::new(), "grace", false).await.decide(&demo, GRACE, true).await;
    assert_eq!(done.code, 0, "{}", done.err);
    let mut order = order_for(ADA);
    let request = order["yubico_shipment_request"].as_object_mut().unwrap();
    let mut address = request.remove("mailing_address").unwrap();
    let queued = demo.post("/v1/orders", &order).await;
    let id = queued.body["id"].as_str().unwrap().to_owned();
    demo.until("the mail to Ada", async || !demo.mails().await.is_empty()).await;

    address["country_code_2"] = "USA".into();
    let file = shell.file("wrong.json", &json!({ "mailing_address": address }).to_string());
    let done = shell.run(&["shipments", "address", &id, "--address", &file], "");
    assert!(done.code != 0 && done.err.contains("is not a code of two letters"), "{}", done.err);
    address["country_code_2"] = "US".into();
    let file = shell.file("address.json", &json!({ "mailing_address": address }).to_string());
    let done = shell.ok(&["shipments", "address", &id, "--address", &file]);
    assert!(done.err.contains("has its address"), "{}", done.err);
    demo.until("the order", async || demo.details(&id).await["phase"] == "accepted").await;
    let again = shell.run(&["shipments", "address", &id, "--address", &file], "");
    assert!(again.code != 0 && again.err.contains("does not wait for an address"), "{}", again.err);
    let history = demo.details(&id).await["history"].to_string();
    assert!(history.contains("address_given") && history.contains(GRACE), "{history}");
}
