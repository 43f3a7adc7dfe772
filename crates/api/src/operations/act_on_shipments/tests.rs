//! Tests through the router, with test doubles.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::Method;
use keyferry_access::{Authentication, Authenticator, DelegatedRights, RolesMode};
use keyferry_domain::{Clock as _, EventKind, PhaseName};
use serde_json::{Value, json};

use super::action::Action;
use super::work::{CONCURRENCY, perform_within};
use crate::testing::show::show;
use crate::testing::world::{World, body, limits, order_with, request_with};

async fn ordered(number: usize) -> World {
    let world = World::new();
    for user in 0..number {
        let created = world.order(&order_with("/user_id", Some(json!(format!("user{user}@contoso.example"))))).await;
        assert!(created.starts_with("201"), "{created}");
    }
    world
}

async fn act_as(world: &World, roles: &[&str], body: &Value) -> String {
    let request = request_with(roles, Method::POST, "/v1/shipments/actions", body.to_string());
    show(world.send(request).await).await
}

async fn act(world: &World, request: &Value) -> Value {
    let answer = act_as(world, &["Keyferry.Operate"], request).await;
    assert!(answer.starts_with("200"), "{answer}");
    body(&answer)
}

fn phases(world: &World) -> Vec<PhaseName> {
    world.store.records.lock().unwrap().all().iter().map(|shipment| shipment.phase().name()).collect()
}

#[tokio::test]
async fn dry_run_changes_nothing_and_the_confirmed_number_must_match() {
    let world = ordered(20).await;
    world.register();
    let dry = json!({"action": "cancel", "reason": "the project ended", "filter": {}, "dry_run": true});
    let checked = act(&world, &dry).await;
    let registered = world.shipment().id().to_string();
    assert_eq!(
        checked,
        json!({"matched": 20, "possible": 19, "impossible": [{"id": registered, "why": "it is registered"}]})
    );
    assert!(!phases(&world).contains(&PhaseName::Cancelled));
    let confirmed =
        |number: u64| json!({"action": "cancel", "reason": "the project ended", "filter": {}, "confirm": number});
    for wrong in [0, 18, 20] {
        let answer = act_as(&world, &["Keyferry.Operate"], &confirmed(wrong)).await;
        assert!(answer.starts_with("409") && answer.contains("possible for 19 shipments"), "{answer}");
    }
    assert!(!phases(&world).contains(&PhaseName::Cancelled));
    assert_eq!(act(&world, &confirmed(19)).await, json!({"done": 19, "refused": [], "left": 0}));
    assert_eq!(phases(&world)[0], PhaseName::Registered);
    for shipment in &world.store.records.lock().unwrap().all()[1..] {
        assert_eq!(shipment.cancellation().unwrap().reason, "the project ended");
    }
    assert_eq!(act(&world, &dry).await["possible"], 0, "a repetition finds nothing to do");
}

#[tokio::test]
async fn ids_name_each_shipment_once_and_failures_are_reported() {
    let world = ordered(3).await;
    let ids: Vec<_> = world.store.records.lock().unwrap().all().iter().map(|one| one.id().to_string()).collect();
    let third = world.store.records.lock().unwrap().all()[2].id();
    world.store.records.lock().unwrap().damage(third, true);
    let named = json!([ids[0], ids[1], ids[0], ids[2], "nobody"]);
    let dry = json!({"action": "retry", "reason": "x", "ids": named, "dry_run": true});
    let checked = act(&world, &dry).await;
    assert_eq!((&checked["matched"], &checked["possible"]), (&json!(4), &json!(2)));
    let why = checked["impossible"].as_array().unwrap();
    assert_eq!(why[0]["id"], json!(ids[2]));
    assert!(why[0]["why"].as_str().unwrap().starts_with("its record cannot be read"), "{checked}");
    assert_eq!(why[1], json!({"id": "nobody", "why": "it does not exist"}));

    world.store.read_only.store(true, Ordering::SeqCst);
    let done = act(&world, &json!({"action": "retry", "reason": "x", "ids": named, "confirm": 2})).await;
    assert_eq!((&done["done"], done["refused"].as_array().unwrap().len()), (&json!(0), 2), "{done}");
    assert!(done["refused"][0]["why"].as_str().unwrap().contains("is being processed"), "{done}");
}

#[tokio::test]
async fn pins_of_many_need_the_role_and_count_for_the_limits() {
    let mut world = ordered(1).await;
    world.register();
    world.state.limits = limits(&world, |settings, quota| settings.resends_per_caller = quota("1/hour"));
    let send = json!({"action": "resend-pin", "reason": "the mail server was down", "filter": {}, "confirm": 1});
    for roles in [&["Keyferry.Operate"][..], &["Keyferry.Operate", "Keyferry.Admin"]] {
        let answer = act_as(&world, roles, &send).await;
        assert!(answer.starts_with("403") && answer.contains("Keyferry.Pin"), "{answer}");
    }
    assert_eq!(world.outside.mails.load(Ordering::SeqCst), 0);
    let done = body(&act_as(&world, &["Keyferry.Pin"], &send).await);
    assert_eq!(done, json!({"done": 1, "refused": [], "left": 0}));
    let limited = body(&act_as(&world, &["Keyferry.Pin"], &send).await);
    assert_eq!(limited["done"], 0);
    let why = limited["refused"][0]["why"].as_str().unwrap();
    assert!(why.contains("KEYFERRY_RESENDS_PER_CALLER"), "{why}");
    assert_eq!(world.outside.mails.load(Ordering::SeqCst), 1);
    let cancel = json!({"action": "cancel", "reason": "x", "filter": {}, "dry_run": true});
    assert!(act_as(&world, &["Keyferry.Pin"], &cancel).await.starts_with("403"));
    assert!(act_as(&world, &["Keyferry.Read"], &cancel).await.starts_with("403"));
}

#[tokio::test]
async fn what_is_not_reached_in_time_is_left_and_named() {
    let world = ordered(20).await;
    let ids: Vec<_> = world.store.records.lock().unwrap().all().iter().map(|one| one.id()).collect();
    let principal =
        Authentication { by: Authenticator::Platform, roles: RolesMode::DropIn, delegated: DelegatedRights::Scopes };
    let headers = request_with(&["Keyferry.Operate"], Method::GET, "/", "").headers().clone();
    let principal = principal.identify(&headers).await.unwrap();
    let done = perform_within(Duration::ZERO, &world.state, &principal, Action::Retry, "x", ids).await;
    assert_eq!((done.done, done.refused.len(), done.left), (0, 0, 20));
}

/// The caller disconnects while shipments are in progress: no other one begins.
#[tokio::test]
async fn disconnected_caller_ends_the_action() {
    let world = Arc::new(ordered(20).await);
    let ids: Vec<_> = world.store.records.lock().unwrap().all().iter().map(|one| one.id()).collect();
    // As many as are worked on at once wait for another worker.
    for id in &ids[1..=CONCURRENCY] {
        let until = world.outside.now() + Duration::from_secs(60);
        world.store.records.lock().unwrap().claim_by_hand(*id, until);
    }
    let retry = json!({"action": "retry", "reason": "x", "filter": {}, "confirm": 20});
    let sent = request_with(&["Keyferry.Operate"], Method::POST, "/v1/shipments/actions", retry.to_string());
    let task_world = world.clone();
    let task = tokio::spawn(async move { task_world.send(sent).await });
    let retried = || {
        let records = world.store.records.lock().unwrap();
        let is_retried = |id| records.events(id, 0, 10).iter().any(|event| event.kind == EventKind::RetryRequested);
        ids.iter().copied().filter(|id| is_retried(*id)).collect::<Vec<_>>()
    };
    let began = tokio::time::Instant::now();
    while retried().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    world.outside.over.notify_waiters();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(retried(), ids[..1]);
}

#[tokio::test]
async fn invalid_requests_name_the_member() {
    let world = ordered(1).await;
    let mut answers = Vec::new();
    for request in [
        json!({"action": "adopt", "reason": "x", "filter": {}, "dry_run": true}),
        json!({"action": "retry", "reason": " ", "filter": {}, "dry_run": true}),
        json!({"action": "retry", "reason": "x", "dry_run": true}),
        json!({"action": "retry", "reason": "x", "ids": ["a"], "filter": {}, "dry_run": true}),
        json!({"action": "retry", "reason": "x", "ids": [], "dry_run": true}),
        json!({"action": "retry", "reason": "x", "ids": ["a", "b c"], "dry_run": true}),
        json!({"action": "retry", "reason": "x", "ids": vec!["a"; 1001], "dry_run": true}),
        json!({"action": "retry", "reason": "x", "filter": {}}),
        json!({"action": "retry", "reason": "x", "filter": {}, "dry_run": true, "confirm": 1}),
        json!({"action": "retry", "reason": "x", "filter": {"phases": "accepted"}, "dry_run": true}),
        json!({"action": "retry", "reason": "x", "filter": {"phase": ["accepted", "shipped"]}, "dry_run": true}),
        json!({"action": "retry", "reason": "x", "filter": {"product": {}}, "dry_run": true}),
        json!({"action": "retry", "reason": "x", "filter": {}, "dryrun": true}),
    ] {
        let answer = act_as(&world, &["Keyferry.Operate"], &request).await;
        assert!(answer.starts_with("400"), "{request}: {answer}");
        let answer = body(&answer);
        answers.push(format!("{}: {}", answer["error_data"]["field"], answer["error_message"]));
    }
    insta::assert_snapshot!(answers.join("\n"));
    let id = world.shipment().id();
    let events = world.store.records.lock().unwrap().events(id, 0, 10);
    assert!(events.iter().all(|event| event.kind != EventKind::RetryRequested));
}

#[tokio::test]
async fn filter_of_texts_numbers_and_arrays_is_that_of_the_list() {
    let world = ordered(3).await;
    world.register();
    for (filter, matched, possible) in [
        (json!({}), 3, 3),
        (json!({"phase": "accepted"}), 2, 2),
        (json!({"phase": ["accepted", "registered"], "product": 1}), 3, 3),
        (json!({"user": "user1@contoso.example"}), 1, 1),
        (json!({"needs_human": true}), 0, 0),
    ] {
        let dry = json!({"action": "retry", "reason": "x", "filter": filter, "dry_run": true});
        let checked = act(&world, &dry).await;
        assert_eq!((&checked["matched"], &checked["possible"]), (&json!(matched), &json!(possible)), "{filter}");
    }
}
