use std::sync::atomic::Ordering;

use axum::http::{Method, StatusCode};
use keyferry_engine::AddressRule;
use serde_json::{Value, json};

use crate::testing::show::show;
use crate::testing::world::{World, limits, order, order_with, request_with};

async fn queue(world: &World, order: &Value) -> String {
    show(world.send(request_with(&["Keyferry.Order"], Method::POST, "/v1/orders", order.to_string())).await).await
}

fn with(members: Value) -> Value {
    let mut order = order();
    let members = members.as_object().unwrap().clone();
    order.as_object_mut().unwrap().extend(members);
    order
}

#[tokio::test]
async fn accepts_the_order_at_once_and_calls_nobody() {
    let world = World::new();
    let members = json!({"reference": " REQ0010042 ", "requested_by": "grace", "not_before": "2026-12-01",
        "needed_by": "2026-12-15"});
    let answer = queue(&world, &with(members)).await;
    let shipment = world.shipment();
    assert!(answer.starts_with("202"), "{answer}");
    assert!(answer.contains(&format!("\"id\": \"{}\"", shipment.id())) || answer.contains(&shipment.id().to_string()));
    assert_eq!(shipment.phase().name().as_str(), "queued");
    let info = shipment.info();
    assert_eq!((info.reference.as_deref(), info.requester.as_deref()), (Some("REQ0010042"), Some("grace")));
    assert_eq!(info.country.as_deref(), Some("US"));
    assert_eq!(shipment.next_attempt().unwrap().to_rfc3339(), "2026-12-01T00:00:00+00:00");
    assert_eq!(world.outside.orders.load(Ordering::SeqCst), 0);
    let record = serde_json::to_string(&shipment).unwrap();
    for personal in ["1 Main Street", "98101", "5555555555", "Vance"] {
        assert!(!record.contains(personal), "{record}");
    }
}

#[tokio::test]
async fn needs_the_role_that_orders() {
    let world = World::new();
    for roles in [&["Keyferry.Read"][..], &["Keyferry.Operate", "Keyferry.Pin"]] {
        let answer = world.send(request_with(roles, Method::POST, "/v1/orders", order().to_string())).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(world.store.records.lock().unwrap().all().len(), 0);
}

#[tokio::test]
async fn names_the_invalid_member() {
    for (member, value) in [
        ("not_before", json!("tomorrow")),
        ("not_before", json!("2026-2-1")),
        ("not_before", json!("2026-02-30")),
        ("needed_by", json!("01.12.2026")),
        ("reference", json!("x".repeat(101))),
        ("reference", json!("a\u{202e}b")),
        ("requested_by", json!("a\nb")),
    ] {
        let world = World::new();
        let answer = queue(&world, &with(json!({ member: value }))).await;
        assert!(answer.starts_with("400") && answer.contains(member), "{answer}");
        assert_eq!(world.store.records.lock().unwrap().all().len(), 0);
    }
    let late = with(json!({"not_before": "2026-12-02", "needed_by": "2026-12-01"}));
    let answer = queue(&World::new(), &late).await;
    assert!(answer.contains("`needed_by`: expected a day not before `not_before` (2026-12-02)"), "{answer}");
}

#[tokio::test]
async fn checks_the_order_as_the_synchronous_operation_does() {
    let world = World::new();
    let answer = queue(&world, &order_with("/pin_request/length", Some(json!(3)))).await;
    assert!(answer.contains("PIN `length` must be between 4 and 63"), "{answer}");
    let world = World::with(|settings| settings.contact_domains = vec!["contoso.example".into()]);
    let own = with(json!({"enrollment_contacts": {"emails_to": ["adele+x@contoso.example"]}}));
    let answer = queue(&world, &own).await;
    assert!(answer.starts_with("400") && answer.contains("enrollment_contacts"), "{answer}");
}

#[tokio::test]
async fn repeated_key_answers_with_the_same_shipment() {
    let world = World::new();
    let send = async |path: &str, body: &Value| {
        let mut request = request_with(&["Keyferry.Order"], Method::POST, path, body.to_string());
        request.headers_mut().insert("idempotency-key", "k1".parse().unwrap());
        show(world.send(request).await).await
    };
    let first = send("/v1/orders", &order()).await;
    let again = send("/v1/orders", &order()).await;
    let id = world.shipment().id().to_string();
    assert!(first.contains(&id) && again.contains(&id) && again.starts_with("202"), "{first} {again}");
    assert!(again.contains("idempotency-replayed") && !first.contains("idempotency-replayed"), "{first} {again}");
    // The other operation with the same key and body is another request.
    for (path, body) in [("/v1/fpr/shipments", order()), ("/v1/orders", with(json!({"reference": "2"})))] {
        let answer = send(path, &body).await;
        assert!(answer.starts_with("422"), "{answer}");
    }
    assert_eq!(world.store.records.lock().unwrap().all().len(), 1);
}

#[tokio::test]
async fn counts_toward_the_limits_of_caller_and_person() {
    let mut world = World::new();
    world.state.limits = limits(&world, |limits, quota| limits.orders_per_person = quota("1/hour"));
    assert!(queue(&world, &order()).await.starts_with("202"));
    let answer = queue(&world, &order()).await;
    assert!(answer.starts_with("429"), "{answer}");
}

/// Returns the order without the pointer's member of its parcel.
fn without(pointer: &str) -> Value {
    order_with(&format!("/yubico_shipment_request/{pointer}"), None)
}

#[tokio::test]
async fn data_of_the_recipient_may_be_missing_if_it_is_filled() {
    let blank = |member: &str, value: Value| order_with(&format!("/yubico_shipment_request/{member}"), Some(value));
    let country_only = json!({"country_code_2": "US", "region": " ", "street_line1": ""});
    for lacking in [
        without("recipient"),
        without("recipient/recipient_telephone"),
        without("mailing_address"),
        blank("recipient/recipient_email", json!("")),
        blank("recipient/recipient_lastname", Value::Null),
        blank("mailing_address", Value::Null),
        blank("mailing_address", country_only),
    ] {
        let world = World::with(|settings| settings.fill_from_directory = true);
        let answer = queue(&world, &lacking).await;
        assert!(answer.starts_with("202"), "{answer}");
        // The guide's operation requires all data.
        let answer = world.order(&lacking).await;
        assert!(answer.starts_with("400"), "{answer}");
        let answer = queue(&World::new(), &lacking).await;
        assert!(answer.starts_with("400"), "without the setting: {answer}");
    }
    let world = World::new();
    for member in ["recipient", "recipient/recipient_telephone", "mailing_address", "mailing_address/city"] {
        let answer = queue(&world, &without(member)).await;
        let path = format!("yubico_shipment_request.{}", member.replace('/', "."));
        assert!(answer.starts_with("400") && answer.contains(&format!("`{path}` is missing")), "{answer}");
    }
}

#[tokio::test]
async fn address_is_never_a_mixture() {
    let world = World::with(|settings| settings.fill_from_directory = true);
    for member in ["street_line1", "city", "postal_code", "country_code_2"] {
        let answer = queue(&world, &without(&format!("mailing_address/{member}"))).await;
        let path = format!("yubico_shipment_request.mailing_address.{member}");
        assert!(answer.starts_with("400") && answer.contains(&path), "{answer}");
        assert!(answer.contains("Only a whole address is filled"), "{answer}");
    }
    let street = json!({"street_line2": "Apt 2"});
    let only = order_with("/yubico_shipment_request/mailing_address", Some(street));
    assert!(queue(&world, &only).await.starts_with("400"));
    for (member, bad) in
        [("recipient_email", "adele"), ("recipient_company", "a\u{202e}b"), ("recipient_company", "\t")]
    {
        let order = order_with(&format!("/yubico_shipment_request/recipient/{member}"), Some(json!(bad)));
        let answer = queue(&world, &order).await;
        assert!(answer.starts_with("400") && answer.contains(member), "{answer}");
    }
    assert_eq!(world.store.records.lock().unwrap().all().len(), 0);
}

fn asking(by: &str, mut order: Value) -> Value {
    order["address_by"] = json!(by);
    order
}

/// An order states who gives its address, as far as the setting permits. An address beside `person` would be used by
/// neither.
#[tokio::test]
async fn order_states_who_gives_the_address() {
    let without_address = || without("mailing_address");
    let country_only = || order_with("/yubico_shipment_request/mailing_address", Some(json!({"country_code_2": "US"})));
    let rules = [AddressRule::Caller, AddressRule::Order, AddressRule::Person];
    for (order, expected) in [
        (without_address(), ["400", "400", "202"]),
        (asking("person", without_address()), ["400", "202", "202"]),
        (asking("person", country_only()), ["400", "202", "202"]),
        (asking("person", without("recipient")), ["400", "400", "400"]),
        (asking("caller", without_address()), ["400", "400", "400"]),
        (asking("caller", order()), ["202", "202", "202"]),
        (asking("person", order()), ["400", "400", "400"]),
        (asking("", order()), ["400", "400", "400"]),
        (asking("manager", without_address()), ["400", "400", "400"]),
    ] {
        for (rule, expected) in rules.into_iter().zip(expected) {
            let world = World::with(|settings| settings.address_by = rule);
            let answer = queue(&world, &order).await;
            assert!(answer.starts_with(expected), "{rule:?} {order}: {answer}");
            let named = answer.contains("address_by") || answer.contains("mailing_address");
            assert!(expected == "202" || named, "{answer}");
            let waits = world.store.records.lock().unwrap().all().iter().any(|shipment| shipment.awaits_address());
            assert_eq!(waits, expected == "202" && order["address_by"] != "caller");
        }
    }
    // The guide's operation does not know the member, and requires an address.
    let world = World::with(|settings| settings.address_by = AddressRule::Order);
    let answer = world.order(&asking("person", order())).await;
    assert!(answer.starts_with("201"), "{answer}");
    let answer = world.order(&asking("person", without_address())).await;
    assert!(answer.starts_with("400") && answer.contains("mailing_address"), "{answer}");
}
