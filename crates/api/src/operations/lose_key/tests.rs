//! Tests through the router, with test doubles.

use axum::http::Method;
use keyferry_domain::{FailureKind, Operation, Party};
use keyferry_testkit::failures::failure;
use serde_json::{Value, json};

use crate::testing::show::show;
use crate::testing::world::{World, body, limits, order, order_with, request_with, shipment_path};

async fn lose(world: &World, request: Value) -> String {
    let user = "adele@contoso.example";
    world.call(Method::POST, &format!("/v1/people/{user}/lost-key"), request.to_string()).await
}

fn steps(result: &Value) -> Vec<(&str, bool)> {
    let steps = result["withdrawal"]["steps"].as_array().unwrap().iter();
    steps.map(|one| (one["step"].as_str().unwrap(), one["done"].as_bool().unwrap())).collect()
}

#[tokio::test]
async fn repeated_report_answers_with_the_same_replacement() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let request = json!({"reason": "left on a train", "order": order()});
    let answer = lose(&world, request.clone()).await;
    assert!(answer.starts_with("200"), "{answer}");
    let first = body(&answer);
    assert_eq!(steps(&first), [("remove_passkey", true), ("queue_replacement", true)]);
    assert_eq!((&first["left"], &first["repeated"]), (&Value::Null, &json!(false)));
    let act = &first["withdrawal"];
    assert_eq!(
        (&act["cause"], &act["complete"], &act["reason"]),
        (&json!("lost"), &json!(true), &json!("left on a train"))
    );
    let again = body(&lose(&world, request).await);
    assert_eq!((&again["withdrawal"], &again["repeated"]), (act, &json!(true)));
    let details = body(&world.get(&shipment_path("")).await);
    assert_eq!((&details["withdrawal"], &details["replaced_by"]), (act, &act["replacement"]));
    assert_eq!(world.store.records.lock().unwrap().all().len(), 2);
}

#[tokio::test]
async fn failing_removal_is_named_and_the_key_is_replaced_all_the_same() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let timed_out = failure(Party::IdentityProvider, Operation::DeleteMethod, FailureKind::TimedOut, "no answer");
    world.outside.methods.fails(timed_out);
    let failed = body(&lose(&world, json!({"reason": "stolen", "order": order()})).await);
    assert_eq!(steps(&failed), [("remove_passkey", false), ("queue_replacement", true)]);
    assert!(failed["left"].is_string() && failed["withdrawal"]["complete"] == json!(false), "{failed}");
    // Without the order this time: it is known.
    let done = body(&lose(&world, json!({"reason": "stolen", "replace": false})).await);
    assert_eq!(steps(&done), [("remove_passkey", true), ("queue_replacement", true)]);
    assert_eq!((&done["left"], &done["repeated"]), (&Value::Null, &json!(true)));
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_changes() {
    let world = World::new();
    let answer = lose(&world, json!({"reason": "lost", "order": order()})).await;
    assert!(answer.starts_with("404") && answer.contains("no key was made"), "{answer}");
    world.order(&order()).await;
    world.register();
    let of_alan = order_with("/user_id", Some(json!("alan@contoso.example")));
    for (request, status, text) in [
        (json!({"reason": " ", "order": order()}), "400", "`reason`"),
        (json!({"reason": "lost"}), "400", "the address of the earlier order was deleted"),
        (json!({"reason": "lost", "replace": false, "order": order()}), "400", "`order`"),
        (json!({"reason": "lost", "serial": "1", "shipment": "x"}), "400", "`shipment`"),
        (json!({"reason": "lost", "serial": "a b"}), "400", "`serial`"),
        (json!({"reason": "lost", "order": of_alan}), "400", "order.user_id"),
        (json!({"reason": "lost", "order": order_with("/pin_request/length", Some(json!(70)))}), "400", "PIN `length`"),
        (json!({"reason": "lost", "serial": "4711", "replace": false}), "404", "serial number 4711"),
    ] {
        let answer = lose(&world, request.clone()).await;
        assert!(answer.starts_with(status) && answer.contains(text), "{request} {answer}");
    }
    let details = body(&world.get(&shipment_path("")).await);
    assert_eq!(details["withdrawal"], Value::Null);
    assert_eq!(world.store.records.lock().unwrap().all().len(), 1);
}

#[tokio::test]
async fn limit_of_orders_changes_nothing_and_applies_to_no_repetition() {
    let mut world = World::new();
    world.order(&order()).await;
    world.register();
    world.state.limits = limits(&world, |settings, quota| settings.orders_per_person = quota("1/hour"));
    let request = json!({"reason": "lost", "order": order()});
    for repeated in [false, true, true] {
        let done = lose(&world, request.clone()).await;
        assert!(done.starts_with("200") && body(&done)["repeated"] == json!(repeated), "{done}");
    }

    let mut world = World::new();
    world.order(&order()).await;
    world.register();
    world.state.limits = limits(&world, |settings, quota| settings.orders_per_person = quota("1/hour"));
    let queued = request_with(&["Keyferry.Order"], Method::POST, "/v1/orders", order().to_string());
    assert_eq!(world.send(queued).await.status(), 202);
    let refused = lose(&world, request).await;
    assert!(refused.starts_with("429"), "{refused}");
    assert_eq!(body(&world.get(&shipment_path("")).await)["withdrawal"], Value::Null);
    let removed = body(&lose(&world, json!({"reason": "lost", "replace": false})).await);
    assert_eq!(steps(&removed), [("remove_passkey", true)], "{removed}");
}

#[tokio::test]
async fn pass_needs_the_setting_and_the_role_and_a_refusal_changes_nothing() {
    let wanted = json!({"reason": "lost", "replace": false, "access_pass": true});
    let with = async |world: &World, roles: &[&str]| {
        let path = "/v1/people/adele@contoso.example/lost-key";
        show(world.send(request_with(roles, Method::POST, path, wanted.to_string())).await).await
    };
    let both = ["Keyferry.Operate", "Keyferry.Pin"];
    let off = World::new();
    let manager = World::with(|settings| settings.access_pass = keyferry_engine::PassRule::Manager);
    for world in [&off, &manager] {
        world.order(&order()).await;
        world.register();
        let answer = with(world, &both[..1]).await;
        assert!(answer.starts_with("403") && answer.contains("Keyferry.Pin"), "{answer}");
    }
    let answer = with(&off, &both).await;
    assert!(answer.starts_with("400") && answer.contains("`access_pass`"), "{answer}");
    assert!(answer.contains("KEYFERRY_ACCESS_PASS"), "{answer}");
    // The directory of these tests returns no object ids.
    let answer = with(&manager, &both).await;
    assert!(answer.starts_with("409") && answer.contains("object id"), "{answer}");
    for world in [&off, &manager] {
        assert_eq!(body(&world.get(&shipment_path("")).await)["withdrawal"], Value::Null);
    }
}
