//! Links in mails to the person whom a key is for, the address that the person or an operator gives, and word of a lost
//! key.

use keyferry_proof_support::ADA;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::rig::{Plan, Rig};

const STREET: &str = "7 Wq3zk Hidden Lane";

/// Waits for a mail with this subject, and makes the secret parts of its links canaries. Returns their number.
async fn learn_links(rig: &Rig, subject: &str) -> usize {
    let is_it = |mail: &serde_json::Value| mail["subject"].as_str().unwrap_or_default().contains(subject);
    // A run leaves out what the queue has not released yet.
    let is_sent = async || {
        rig.process().await;
        rig.mails().await.iter().any(is_it)
    };
    rig.until(subject, is_sent).await;
    let mail = rig.mails().await.into_iter().rfind(is_it).unwrap();
    let text = mail["text"].as_str().unwrap();
    let links = text.split_whitespace().filter(|word| word.contains("/me/"));
    links.map(|link| rig.canary("link to the person", link.rsplit('.').next().unwrap().as_bytes())).count()
}

/// Reports the key as lost. Neither mail about it has the PIN, the address or a link.
async fn word_of_the_lost_key(rig: &Rig) {
    let lost = json!({ "reason": "left on a train", "replace": false });
    let answer = rig.api(Method::POST, &format!("/v1/people/{ADA}/lost-key"), Some(&lost)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let is_word =
        |mail: &serde_json::Value| mail["subject"].as_str().unwrap_or_default().contains("was reported as lost");
    let both = async || rig.mails().await.iter().filter(|mail| is_word(mail)).count() == 2;
    rig.until("word of the lost key", both).await;
    let keys = rig.sandbox(Method::GET, "/control/keys", None).await.body;
    let serial = keys[0]["serial_number"].as_str().unwrap();
    let shown = rig.sandbox(Method::GET, &format!("/control/keys/{serial}?reveal=pin"), None).await.body;
    for mail in rig.mails().await.iter().filter(|mail| is_word(mail)) {
        let text = mail["text"].as_str().unwrap();
        assert!(text.contains(serial) && !text.contains("left on a train"), "{text}");
        for secret in [shown["pin"].as_str().unwrap(), STREET, "Hidden Town", "/me/"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[tokio::test]
async fn no_leak_of_links_to_the_person_and_of_addresses() {
    let mut plan = Plan::new().await;
    plan.by_graph();
    for (name, value) in [
        ("KEYFERRY_PORTAL", "on"),
        ("KEYFERRY_PUBLIC_URL", "https://keyferry.example"),
        ("KEYFERRY_PERSON_MAILS", "ordered,shipped,registered,lost"),
        ("KEYFERRY_ADDRESS_BY", "person"),
    ] {
        plan.set(name, value);
    }
    plan.canary("street", STREET.as_bytes());
    let rig = plan.start().await;
    let mut order = rig.new_order(ADA);
    order["yubico_shipment_request"].as_object_mut().unwrap().remove("mailing_address").unwrap();
    let answer = rig.api(Method::POST, "/v1/orders", Some(&order)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let shipment = answer.body["id"].as_str().unwrap().to_owned();
    assert_eq!(learn_links(&rig, "Where shall we send your security key?").await, 2);

    let path = format!("/v1/shipments/{shipment}/address");
    let mut address = json!({ "mailing_address": {
        "street_line1": STREET, "city": "Wq9tKzJr Hidden Town", "region": "CA", "postal_code": "943",
        "country_code_2": "US",
    } });
    rig.canary("town", b"Wq9tKzJr Hidden Town");
    let refused = rig.api(Method::PUT, &path, Some(&address)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    address["mailing_address"]["postal_code"] = "94301".into();
    let given = rig.api(Method::PUT, &path, Some(&address)).await;
    assert_eq!(given.status, StatusCode::NO_CONTENT, "{}", given.text);
    rig.until("the order", async || rig.details(&shipment).await["phase"] == "accepted").await;
    assert_eq!(learn_links(&rig, "A security key was ordered for you").await, 1);
    let delivery_id = rig.details(&shipment).await["shipment_id"].as_str().unwrap().to_owned();
    rig.complete(&delivery_id).await;
    word_of_the_lost_key(&rig).await;
    rig.assert_silent(&[&shipment]).await;
}
