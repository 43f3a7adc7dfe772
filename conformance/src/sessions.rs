//! Cases of sessions.

use keyferry_domain::ActingUser;
use keyferry_domain::ports::{SessionKey, StoreError, WebSession};

use super::Sessions;
use super::samples::at;

fn key(number: u8) -> SessionKey {
    SessionKey::of_sha256([number; 32])
}

/// A session that is used at `used` and ends at `ends`, in seconds.
fn session(used: i64, ends: i64) -> WebSession {
    let user = ActingUser {
        object_id: "a1000000-0000-4000-8000-000000000002".into(),
        user_name: Some("grace.hopper@contoso.example".into()),
        name: Some("Grace \"Amazing\" Hopper <☺>".into()),
    };
    WebSession {
        user,
        roles: vec!["Keyferry.Read".into(), "Keyferry.Operate".into()],
        authenticated_at: Some(at(0)),
        began_at: at(1),
        used_at: at(used),
        ends_at: at(ends),
    }
}

pub async fn session_round_trip(backend: &dyn Sessions) {
    let store = backend.sessions().await;
    let (full, mut bare) = (session(5, 100), session(6, 200));
    bare.roles.clear();
    (bare.user.user_name, bare.user.name, bare.authenticated_at) = (None, None, None);
    assert_eq!(store.session(&key(1)).await.unwrap(), None);
    store.begin_session(&key(1), &full).await.unwrap();
    store.begin_session(&key(2), &bare).await.unwrap();
    let reopened = backend.sessions().await;
    assert_eq!(reopened.session(&key(1)).await.unwrap(), Some(full));
    assert_eq!(reopened.session(&key(2)).await.unwrap(), Some(bare));
    assert_eq!(reopened.session(&key(3)).await.unwrap(), None);
}

pub async fn second_session_does_not_replace_the_first(backend: &dyn Sessions) {
    let store = backend.sessions().await;
    store.begin_session(&key(1), &session(5, 100)).await.unwrap();
    let again = store.begin_session(&key(1), &session(6, 900)).await;
    assert!(matches!(again, Err(StoreError::Exists(_))), "{again:?}");
    assert_eq!(store.session(&key(1)).await.unwrap(), Some(session(5, 100)));
}

pub async fn use_changes_only_the_last_use(backend: &dyn Sessions) {
    let store = backend.sessions().await;
    store.begin_session(&key(1), &session(5, 100)).await.unwrap();
    store.begin_session(&key(2), &session(5, 100)).await.unwrap();
    store.use_session(&key(1), at(65)).await.unwrap();
    assert_eq!(store.session(&key(1)).await.unwrap(), Some(session(65, 100)));
    assert_eq!(store.session(&key(2)).await.unwrap(), Some(session(5, 100)));
}

pub async fn ended_session_is_gone_and_stays_so(backend: &dyn Sessions) {
    let store = backend.sessions().await;
    store.begin_session(&key(1), &session(5, 100)).await.unwrap();
    store.begin_session(&key(2), &session(5, 100)).await.unwrap();
    store.end_session(&key(1)).await.unwrap();
    store.end_session(&key(1)).await.expect("ending twice is not an error");
    store.use_session(&key(1), at(65)).await.expect("a late use is not an error");
    assert_eq!(backend.sessions().await.session(&key(1)).await.unwrap(), None);
    assert_eq!(store.session(&key(2)).await.unwrap(), Some(session(5, 100)));
}

pub async fn sweep_deletes_ended_and_unused_sessions(backend: &dyn Sessions) {
    let store = backend.sessions().await;
    for (number, used, ends) in [(1, 50, 99), (2, 50, 100), (3, 49, 100), (4, 49, 99), (5, 60, 500)] {
        store.begin_session(&key(number), &session(used, ends)).await.unwrap();
    }
    assert_eq!(store.sweep_sessions(at(100), at(50)).await.unwrap(), 3);
    assert_eq!(store.sweep_sessions(at(100), at(50)).await.unwrap(), 0);
    let mut left = Vec::new();
    for number in 1..=5 {
        left.extend(store.session(&key(number)).await.unwrap().map(|_| number));
    }
    assert_eq!(left, [2, 5]);
}
