//! Tests of paging, refused calls and access tokens.

use std::time::Duration;

use keyferry_conformance::samples::{accepted, in_phase};
use keyferry_domain::ports::{Cursor, ShipmentFilter, ShipmentSort, StoreError};
use keyferry_domain::{PhaseName, ShipmentStore};
use keyferry_http::ClientOptions;
use serde_json::json;

use super::World;
use super::double::Fault::{Answers, Cut, Refused};

#[tokio::test]
async fn follows_continuation_of_empty_pages() {
    let world = World::new().await;
    world.store.insert(&accepted()).await.unwrap();
    let empty = || json!({"value": []});
    let partition = ("x-ms-continuation-NextPartitionKey", "1!12!a2V5ZmVycnk-");
    let row = ("x-ms-continuation-NextRowKey", "1!8!eA--");
    world.table.next([Answers(empty(), vec![partition, row]), Answers(empty(), vec![partition])]);
    let page = world.store.query(&ShipmentFilter::open(), ShipmentSort::Id, None, 100).await.unwrap();
    assert!(page.next.is_none());
    let [first, second, third] = &world.table.targets()[..] else { panic!("{:?}", world.table.targets()) };
    assert!(!first.contains("NextPartitionKey"), "{first}");
    assert!(second.contains("&NextPartitionKey=1%2112%21a2V5ZmVycnk-&NextRowKey=1%218%21eA--"), "{second}");
    assert!(third.contains("&NextPartitionKey=1%2112%21a2V5ZmVycnk-") && !third.contains("NextRowKey"), "{third}");
    assert!(third.starts_with(first.as_str()), "the query must be repeated: {third}");
}

#[tokio::test]
async fn filter_is_percent_encoded_with_doubled_quotes() {
    let world = World::new().await;
    let filter = ShipmentFilter { codes: vec!["o'neil+1".into()], ..ShipmentFilter::phases(&[PhaseName::Accepted]) };
    world.store.query(&filter, ShipmentSort::Id, Some(&Cursor("o'neil+1".into())), 7).await.unwrap();
    let target = &world.table.targets()[0];
    let start = "GET /account/fprshipments?$filter=PartitionKey%20eq%20%27keyferry%27%20and%20\
                 RowKey%20gt%20%27o%27%27neil%2B1%27";
    assert!(target.starts_with(start), "{target}");
    assert!(target.contains("%20and%20%28obstacle_code%20eq%20%27o%27%27neil%2B1%27%29&$top=7&$select="), "{target}");
    assert!(!target.contains("%2Crecord"), "must not read records: {target}");
}

#[tokio::test]
async fn halves_page_size_when_answer_is_too_long() {
    let world = World::with(ClientOptions { max_body: 8_000, ..ClientOptions::default() }).await;
    for _ in 0..3 {
        world.store.insert(&in_phase(PhaseName::Complete)).await.unwrap();
    }
    // The double's answer exceeds the size limit, whatever `$top` is.
    let long = || Answers(json!({"value": ["x".repeat(9_000)]}), vec![]);
    let one = Answers(json!({"value": []}), vec![]);
    world.table.next([long(), long(), one]);
    world.store.query(&ShipmentFilter::default(), ShipmentSort::Id, None, 100).await.unwrap();
    let targets = world.table.targets();
    let tops: Vec<_> = targets.iter().map(|target| target.split("$top=").nth(1).unwrap().split('&').next()).collect();
    assert_eq!(tops, ["100", "50", "25"].map(Some));
}

#[tokio::test]
async fn retries_read_after_lost_answer() {
    let world = World::new().await;
    let change = accepted();
    world.store.insert(&change).await.unwrap();
    world.table.next([Cut, Refused(500, "InternalError"), Refused(408, "RequestTimeout")]);
    assert!(world.store.get(change.shipment().id()).await.unwrap().is_some());
    assert_eq!(world.waits(), [300, 600, 1200].map(Duration::from_millis));
}

#[tokio::test]
async fn replaces_refused_token_once() {
    let world = World::new().await;
    world.store.prove_write().await.unwrap();
    world.table.next([Refused(401, "InvalidAuthenticationInfo")]);
    world.store.prove_write().await.unwrap();
    assert_eq!(world.table.tokens(), ["Bearer token-1", "Bearer token-2"]);
    world.table.next([Refused(401, "AuthenticationFailed"), Refused(401, "AuthenticationFailed")]);
    let error = world.store.prove_write().await.unwrap_err().to_string();
    assert!(error.contains("this machine's clock"), "{error}");
    assert!(!error.contains("token-"), "{error}");
}

#[tokio::test]
async fn error_names_cause_and_remedy() {
    let world = World::new().await;
    for (status, code, expected) in [
        (403, "AuthorizationPermissionMismatch", "Storage Table Data Contributor"),
        (403, "AuthorizationFailure", "private endpoint"),
        (403, "AuthenticationFailed", "Check the tenant"),
        (404, "TableNotFound", "there is no table `fprshipments`"),
        (400, "InvalidInput", "400 InvalidInput (It is InvalidInput.)"),
    ] {
        world.table.next([Refused(status, code)]);
        let error = world.store.get(accepted().shipment().id()).await.unwrap_err();
        let StoreError::Unavailable(text) = &error else { panic!("{error:?}") };
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("x-ms-request-id 9c1b7c3e-0002-0055") && text.contains("client-request-id "), "{text}");
        assert_eq!(world.table.methods(), ["GET"], "must not retry");
    }
}

#[tokio::test]
async fn error_names_unreachable_service() {
    let world = World::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let store = keyferry_store_azure::TableStore::new(
        &gone,
        "fprshipments",
        keyferry_http::Client::new(ClientOptions::default()).unwrap(),
        std::sync::Arc::new(super::Tokens::default()),
        world.clock.clone(),
        std::sync::Arc::new(keyferry_proof_azurite::Counter),
        world.keys.clone(),
    );
    let error = store.unwrap().prove_write().await.unwrap_err().to_string();
    assert!(error.contains("Azure Table Storage") && error.contains("no connection"), "{error}");
}
