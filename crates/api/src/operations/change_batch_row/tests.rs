//! Tests through the router, with test doubles.

use axum::http::Method;
use serde_json::{Value, json};

use crate::testing::world::{World, body, order};

async fn batch(world: &World) -> String {
    let (mut wrong, mut other) = (order(), order());
    wrong["yubico_shipment_request"]["mailing_address"]["city"] = json!("");
    wrong["row_key"] = json!("4711");
    other["user_id"] = json!("grace@contoso.example");
    let document = json!({"rows": [wrong, other]});
    let created = world.call(Method::POST, "/v1/batches", document.to_string()).await;
    format!("/v1/batches/{}", body(&created)["id"].as_str().unwrap())
}

async fn put(world: &World, path: &str, row: &Value) -> String {
    world.call(Method::PUT, path, row.to_string()).await
}

#[tokio::test]
async fn a_corrected_row_is_ready_and_keeps_its_key() {
    let world = World::new();
    let batch = batch(&world).await;
    assert_eq!(body(&world.get(&batch).await)["rows"]["invalid"], json!(1));
    let changed = body(&put(&world, &format!("{batch}/rows/1"), &order()).await);
    assert_eq!((&changed["state"], &changed["findings"]), (&json!("ready"), &json!([])), "{changed:#}");
    assert_eq!((&changed["row_key"], &changed["row"]), (&json!("4711"), &json!(1)));
    assert!(changed["changed_at"].is_string() && changed["changed_by"].is_string(), "{changed:#}");
    let counts = body(&world.get(&batch).await)["rows"].clone();
    assert_eq!((&counts["invalid"], &counts["to_send"], &counts["total"]), (&json!(0), &json!(2), &json!(2)));
    let rows = body(&world.get(&format!("{batch}/rows")).await);
    assert_eq!(rows["rows"][0], changed);
}

#[tokio::test]
async fn flat_objects_are_read_like_columns_and_errors_are_findings() {
    let world = World::new();
    let batch = batch(&world).await;
    let path = format!("{batch}/rows/2");
    let row = json!({"user_id": "grace@contoso.example", "city": "Köln", "not_before": "tomorrow", "row_key": "4711"});
    let changed = body(&put(&world, &path, &row).await);
    let codes: Vec<_> = changed["findings"].as_array().unwrap().iter().map(|found| found["code"].clone()).collect();
    assert!(codes.contains(&json!("invalid-date")) && codes.contains(&json!("missing-value")), "{changed:#}");
    assert!(codes.contains(&json!("repeated-key")), "{changed:#}");
    assert_eq!(changed["state"], json!("invalid"));
}

#[tokio::test]
async fn only_rows_of_drafts_and_checked_batches_are_changed() {
    let world = World::new();
    let batch = batch(&world).await;
    for (path, expected) in [
        (format!("{batch}/rows/3"), "Could not find row"),
        (format!("{batch}/rows/0"), "Could not find row"),
        (format!("{batch}/rows/x"), "Could not find row"),
        ("/v1/batches/019ac0de-0000-7000-8000-00000000000a/rows/1".to_owned(), "Could not find batch"),
        ("/v1/batches/x/rows/1".to_owned(), "Could not find batch"),
    ] {
        let answer = put(&world, &path, &order()).await;
        assert!(answer.starts_with("404") && answer.contains(expected), "{path}: {answer}");
    }
    let path = format!("{batch}/rows/1");
    for nonsense in ["[]", "7", "{", r#"{"user_id": "a", "user_id": "b"}"#] {
        let answer = world.call(Method::PUT, &path, nonsense).await;
        assert!(answer.starts_with("400"), "{nonsense}: {answer}");
    }
    let checking = world.call(Method::POST, &format!("{batch}/check"), "{}").await;
    assert!(checking.starts_with("202"), "{checking}");
    let answer = put(&world, &path, &order()).await;
    assert!(answer.starts_with("409") && answer.contains("must be draft or checked"), "{answer}");
    assert_eq!(body(&world.get(&batch).await)["rows"]["invalid"], json!(1), "nothing changed");
}
