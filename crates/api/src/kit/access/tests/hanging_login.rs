//! A login endpoint that accepts requests and never answers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use super::protected_api::{KEY, OTHER_KEY, ProtectedApi, changed, is_accepted, jose_header, jwk, sign};
use crate::testing::doubles::START;

async fn with_old_keys() -> ProtectedApi {
    let api = ProtectedApi::new().await;
    assert!(is_accepted(&api.send_claims(&api.v1()).await));
    api.login.hangs.store(true, Ordering::SeqCst);
    api.world.outside.later.store(24 * 3600, Ordering::SeqCst);
    api
}

fn signed_with(kid: &str, api: &ProtectedApi) -> String {
    let claims = changed(api.v1(), "exp", json!(START + 1_000_000));
    let key = if kid == "kid-1" { &KEY } else { &OTHER_KEY };
    format!("Bearer {}", sign(&changed(jose_header(), "kid", json!(kid)), &claims, key))
}

#[tokio::test]
async fn cached_keys_are_used_while_refresh_hangs() {
    let api = with_old_keys().await;
    let token = signed_with("kid-1", &api);
    let begin = Instant::now();
    let answers = join_all((0..8).map(|_| api.send_authorization(&token))).await;
    assert!(answers.iter().all(|answer| is_accepted(answer)), "{answers:?}");
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}

/// Anyone can send an unknown key id.
#[tokio::test]
async fn unknown_key_delays_neither_known_ones_nor_later_callers() {
    let api = with_old_keys().await;
    let (known, unknown) = (signed_with("kid-1", &api), signed_with("kid-2", &api));
    let begin = Instant::now();
    let unknown_callers = join_all((0..8).map(|_| api.send_authorization(&unknown)));
    let known_caller = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let begin = Instant::now();
        assert!(is_accepted(&api.send_authorization(&known).await));
        assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    };
    let (answers, ()) = tokio::join!(unknown_callers, known_caller);
    assert!(answers.iter().all(|answer| answer.starts_with("503") && answer.contains("retry-after: 5")), "{answers:?}");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    // The same fetch does not delay anyone a second time.
    let begin = Instant::now();
    assert!(api.send_authorization(&unknown).await.starts_with("503"));
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn hanging_fetch_ends_and_new_keys_are_found() {
    let api = with_old_keys().await;
    let new = signed_with("kid-2", &api);
    let begin = Instant::now();
    assert!(api.send_authorization(&new).await.starts_with("503"));
    api.login.hangs.store(false, Ordering::SeqCst);
    *api.login.keys.lock().unwrap() = json!([jwk("kid-2", &OTHER_KEY)]);
    while !is_accepted(&api.send_authorization(&new).await) {
        assert!(begin.elapsed() < Duration::from_secs(25), "the fetch that hangs blocks all others");
        api.world.outside.later.fetch_add(5, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
