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

/// A file whose persons give the address: the command does not wait for them, and the result names whose is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_leaves_addresses_to_its_persons() {
    let demo = Demo::with(&["--address-by", "order"]).await;
    let mut shell = Shell::new();
    shell.login(&demo);
    let header = "user_id,first name,last name,email,phone,company";
    let file = shell.file("people.csv", &format!("{header}\n{ADA},Ada,Lovelace,{ADA},5555555555,Contoso\n"));
    let mut mapping = json!({ "defaults": { "pin_length": 8, "product_id": 1, "inventory_product_id": 106,
        "customization_id": "CUSTID" } });
    let name = shell.file("mapping.json", &mapping.to_string());
    let done = shell.run(&["orders", "check", &file, "--mapping", &name], "");
    assert!(done.code != 0 && done.err.contains("street_line1"), "without the choice: {}", done.err);
    mapping["defaults"]["address_by"] = json!("person");
    let name = shell.file("mapping.json", &mapping.to_string());
    let done = shell.ok(&["orders", "submit", &file, "--mapping", &name, "--confirm", "1"]);
    assert!(done.err.contains("1 person will be asked for the address"), "{}", done.err);
    assert!(done.err.contains("1 order waits for an address"), "{}", done.err);
    let id = done.err.split("Submitted batch ").nth(1).unwrap().split(':').next().unwrap().to_owned();
    assert!(shell.ok(&["batches", "show", &id]).out.contains("WAITING FOR ADDRESS"), "{}", shell.output);
    let result = shell.ok(&["batches", "result", &id]).out;
    assert!(result.lines().nth(1).unwrap().ends_with(",address"), "{result}");
    // One order states it for itself.
    let mut order = order_for(GRACE);
    order["address_by"] = json!("person");
    order["yubico_shipment_request"].as_object_mut().unwrap().remove("mailing_address").unwrap();
    let order = shell.file("order.json", &order.to_string());
    let done = shell.ok(&["orders", "queue", &order]);
    assert!(done.err.contains("Queued the order"), "{}", done.err);
}
