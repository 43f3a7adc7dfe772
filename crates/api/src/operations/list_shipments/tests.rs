//! Tests through the router, with test doubles.

use std::collections::BTreeSet;

use axum::body::to_bytes;
use axum::http::{Method, header};
use keyferry_access::RolesMode;
use keyferry_domain::{DeliveryState, FailureKind, Operation, Party, Tracking};
use keyferry_engine::AddressRule;
use keyferry_testkit::failures::failure as failure_of;
use serde_json::{Value, json};

use crate::testing::show::show;
use crate::testing::world::{World, body, order_with, request, request_with};

async fn ordered(users: &[&str]) -> World {
    let world = World::new();
    for user in users {
        let created = world.order(&order_with("/user_id", Some(json!(user)))).await;
        assert!(created.starts_with("201"), "{created}");
    }
    world
}

async fn list(world: &World, query: &str) -> Value {
    let answer = world.get(&format!("/v1/shipments{query}")).await;
    assert!(answer.starts_with("200"), "{query}: {answer}");
    body(&answer)
}

async fn export(world: &World, accept: &str, query: &str) -> String {
    let mut request = request(Method::GET, &format!("/v1/shipments{query}"), "");
    request.headers_mut().insert(header::ACCEPT, accept.parse().unwrap());
    let response = world.send(request).await;
    assert_eq!(response.status(), 200);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with(accept));
    assert!(response.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn summary_has_all_members() {
    let world = ordered(&["adele@contoso.example"]).await;
    let tracking = Tracking { carrier: Some("FEDEX".into()), number: Some("42".into()), link: None };
    world.seen(DeliveryState { id: Some(103), message: Some("Shipped".into()) }, tracking);
    insta::assert_snapshot!(world.get("/v1/shipments").await);
}

/// The store returns at most 7 rows at once, so a page takes several calls.
#[tokio::test]
async fn pages_contain_each_shipment_once_while_others_are_added() {
    let users: Vec<_> = (0..20).map(|number| format!("user{number}@contoso.example")).collect();
    let world = ordered(&users.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for limit in [1, 3, 9, 500] {
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let after = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = list(&world, &format!("?limit={limit}{after}")).await;
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            seen.extend(items.iter().map(|item| item["user_id"].as_str().unwrap().to_owned()));
            if seen.len() == limit {
                world.order(&order_with("/user_id", Some(json!("later@contoso.example")))).await;
            }
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        let distinct: BTreeSet<_> = seen.iter().filter(|user| !user.starts_with("later")).collect();
        let first: Vec<_> = seen.iter().filter(|user| !user.starts_with("later")).collect();
        assert_eq!((first.len(), distinct.len()), (20, 20), "by {limit}: {seen:?}");
    }
}

#[tokio::test]
async fn filters_restrict() {
    let world = ordered(&["adele@contoso.example"]).await;
    let tracking = Tracking { carrier: None, number: Some("1Z 42".into()), link: None };
    world.seen(DeliveryState { id: Some(103), message: None }, tracking);
    let lost = failure_of(Party::DeliveryService, Operation::Order, FailureKind::ConnectionLost, "reset");
    world.outside.order.fails(lost.with_unknown_effect());
    world.order(&order_with("/user_id", Some(json!("alan@contoso.example")))).await;
    for (query, users) in [
        ("", &["adele", "alan"][..]),
        ("?phase=accepted", &["adele"]),
        ("?phase=accepted,unconfirmed", &["adele", "alan"]),
        ("?phase=cancelled", &[]),
        ("?obstacle=none", &["adele", "alan"]),
        ("?obstacle=retry,final", &[]),
        ("?code=no-manager", &[]),
        ("?user=ADELE%40contoso.example", &["adele"]),
        ("?tracking=1z42", &["adele"]),
        ("?serial=1", &[]),
        ("?product=1", &["adele", "alan"]),
        ("?product=2", &[]),
        ("?needs_human=true", &["alan"]),
        ("?needs_human=true&phase=accepted", &[]),
        ("?created_from=2026-01-05&created_to=2026-01-06", &["adele", "alan"]),
        ("?created_to=2026-01-05", &[]),
        ("?updated_from=2026-01-05T11:59:59Z", &["adele", "alan"]),
        ("?deadline_to=2026-01-05T12:00:00%2B00:00", &[]),
        ("?batch=0196f0a0-0000-7000-8000-00000000000b", &[]),
    ] {
        let found = list(&world, query).await;
        let found: Vec<_> = found["items"].as_array().unwrap().iter().map(|item| &item["user_id"]).collect();
        let expected: Vec<_> = users.iter().map(|user| json!(format!("{user}@contoso.example"))).collect();
        assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{query}");
        let counts = body(&world.get(&format!("/v1/shipments/counts{query}")).await);
        assert_eq!(counts["total"], json!(users.len()), "{query}");
    }
}

async fn post(world: &World, role: &str, path: &str, body: &Value) -> String {
    show(world.send(request_with(&[role], Method::POST, path, body.to_string())).await).await
}

/// A list, its counts, an export and a bulk act take the same conditions.
#[tokio::test]
async fn orders_that_wait_for_an_address_are_found() {
    let world = World::with(|settings| settings.address_by = AddressRule::Order);
    for (user, address_by) in [("adele", Some("person")), ("alan", None)] {
        let mut order = order_with("/user_id", Some(json!(format!("{user}@contoso.example"))));
        if let Some(by) = address_by {
            order["address_by"] = json!(by);
            order["yubico_shipment_request"].as_object_mut().unwrap().remove("mailing_address");
        }
        let answer = post(&world, "Keyferry.Order", "/v1/orders", &order).await;
        assert!(answer.starts_with("202"), "{answer}");
    }
    assert_eq!(list(&world, "?phase=queued").await["items"].as_array().unwrap().len(), 2);
    let waiting = list(&world, "?awaits_address=true").await;
    assert_eq!(waiting["items"][0]["user_id"], "adele@contoso.example");
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1);
    let counts = body(&world.get("/v1/shipments/counts?awaits_address=true").await);
    assert_eq!(counts["total"], 1);
    let csv = export(&world, "text/csv", "?awaits_address=true").await;
    assert!(csv.contains("adele@") && !csv.contains("alan@"), "{csv}");
    let act = json!({ "action": "retry", "reason": "x", "filter": { "awaits_address": true }, "dry_run": true });
    let dry_run = post(&world, "Keyferry.Operate", "/v1/shipments/actions", &act).await;
    assert_eq!(body(&dry_run)["matched"], 1, "{dry_run}");
}

#[tokio::test]
async fn invalid_parameters_are_named() {
    let world = ordered(&["adele@contoso.example", "alan@contoso.example"]).await;
    let cursor = list(&world, "?limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    let mut answers = Vec::new();
    for query in [
        "phase=shipped",
        "phase=accepted,",
        "phase=accepted&phase=complete",
        "state=complete",
        "obstacle=bad",
        "code=",
        "user=%20",
        "serial=",
        "batch=7",
        "product=1.5",
        "created_from=yesterday",
        "deadline_to=2026-02-30",
        "needs_human=false",
        "awaits_address=no",
        "sort=oldest",
        "limit=0",
        "limit=501",
        "limit=x",
        "cursor=x",
        &format!("cursor={cursor}&sort=newest"),
        &format!("cursor={cursor}&phase=accepted"),
    ] {
        let answer = world.get(&format!("/v1/shipments?{query}")).await;
        assert!(answer.starts_with("400"), "{query}: {answer}");
        let answer = body(&answer);
        let name = query.split('=').next().unwrap();
        let field = answer["error_data"]["field"].as_str().unwrap();
        assert_eq!(field, name, "{query}");
        answers.push(answer["error_message"].as_str().unwrap().replace(&cursor, "CURSOR"));
    }
    insta::assert_snapshot!(answers.join("\n"));
    let mut request = request(Method::GET, "/v1/shipments?limit=1", "");
    request.headers_mut().insert(header::ACCEPT, "text/csv".parse().unwrap());
    assert!(show(world.send(request).await).await.contains("`limit`: allowed only with"));
}

#[tokio::test]
async fn exports_everything_in_both_formats() {
    let users: Vec<_> = (0..20).map(|number| format!("user{number}@contoso.example")).collect();
    let mut all: Vec<&str> = users.iter().map(String::as_str).collect();
    all.push("=cmd|' /C calc'!A0");
    let world = ordered(&all).await;
    let damaged = world.store.records.lock().unwrap().all()[3].id();
    world.store.records.lock().unwrap().unlistable.insert(damaged);

    let text = export(&world, "text/csv", "").await;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name| header.iter().position(|found| found == name).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), all.len());
    let cell = |row: usize, name| rows[row][column(name)].to_owned();
    let broken = (0..rows.len()).find(|row| cell(*row, "id") == damaged.to_string()).unwrap();
    assert_eq!((cell(broken, "user_id"), cell(broken, "unreadable")), (String::new(), "damaged".to_owned()));
    let found: BTreeSet<_> = (0..rows.len()).map(|row| cell(row, "user_id")).collect();
    assert!(found.contains("user19@contoso.example") && found.contains("'=cmd|' /C calc'!A0"), "{found:?}");
    assert_eq!(cell(0, "phase"), "accepted");

    let text = export(&world, "application/jsonl", "?user=user7%40contoso.example").await;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["user_id"]), (1, &json!("user7@contoso.example")));
    let lines = export(&world, "application/jsonl", "").await;
    assert!(lines.lines().any(|line| line == format!("{{\"id\":\"{damaged}\",\"unreadable\":\"damaged\"}}")));
}

#[tokio::test]
async fn caller_with_only_order_lists_its_own() {
    let mut world = ordered(&["adele@contoso.example"]).await;
    world.state.authentication.roles = RolesMode::Enforced;
    let listed = async |roles: &[&str], path: &str| {
        body(&show(world.send(request_with(roles, Method::GET, path, "")).await).await)
    };
    let own = world.shipment().requested_by().application.to_string();
    assert_eq!(own, crate::testing::world::CALLER);
    assert_eq!(listed(&["Keyferry.Order"], "/v1/shipments").await["items"].as_array().unwrap().len(), 1);
    let id = world.shipment().id();
    world.store.records.lock().unwrap().edit_by_hand(id, "/requested_by/application", json!("another"));
    for (roles, seen) in [(&["Keyferry.Order"], 0), (&["Keyferry.Read"], 1)] {
        assert_eq!(listed(roles, "/v1/shipments").await["items"].as_array().unwrap().len(), seen);
        assert_eq!(listed(roles, "/v1/shipments/counts").await["total"], json!(seen));
        let person = listed(roles, "/v1/people/adele@contoso.example").await;
        assert_eq!(person["shipments"].as_array().unwrap().len(), seen);
        let events = listed(roles, &format!("/v1/shipments/{id}/events")).await;
        assert_eq!(events["items"].is_array(), seen == 1, "{events}");
    }
}
