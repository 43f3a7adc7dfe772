//! Tests of the vault store against a double with authentication, soft delete, throttling and faults.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod double;
mod rotation;
mod table_keys;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use double::Fault::{DoneBut, None as Nothing, Refused, Throttled};
use double::Vault;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_conformance::Secrets;
use keyferry_conformance::samples::id;
use keyferry_domain::ports::{SecretName, StoreError};
use keyferry_domain::{Failure, SecretBytes, SecretStore};
use keyferry_store_azure::{VaultSettings, VaultStore};

/// Numbered tokens. The number increases after each refused token.
#[derive(Default)]
struct Tokens(Mutex<(u32, Option<AccessToken>)>);

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<AccessToken, Failure> {
        let (number, kept) = &mut *self.0.lock().unwrap();
        Ok(kept
            .get_or_insert_with(|| {
                *number += 1;
                AccessToken::new(format!("token-{number}"))
            })
            .clone())
    }

    fn invalidate(&self, refused: &AccessToken) {
        let kept = &mut self.0.lock().unwrap().1;
        if kept.as_ref().is_some_and(|kept| kept.is_same(refused)) {
            *kept = None;
        }
    }
}

fn store_of(vault: &Vault, verify_challenge: bool) -> VaultStore {
    let settings = VaultSettings { endpoint: vault.endpoint.clone(), verify_challenge };
    let http = keyferry_proof_azurite::trusting(&vault.authority);
    VaultStore::new(&settings, http, Arc::new(Tokens::default()), Arc::new(keyferry_proof_azurite::Still)).unwrap()
}

async fn world() -> (Vault, VaultStore, SecretName) {
    let vault = Vault::serve().await;
    let store = store_of(&vault, false);
    (vault, store, SecretName::of(id()))
}

fn canary() -> SecretBytes {
    SecretBytes::new(b"canary-5f1c8e7a-private-half".to_vec())
}

#[async_trait]
impl Secrets for Vault {
    async fn secrets(&self) -> Arc<dyn SecretStore> {
        Arc::new(store_of(self, false))
    }
}

keyferry_conformance::conformance!(Some(Vault::serve().await); secrets);

#[tokio::test]
async fn stores_text_as_text_and_other_bytes_as_base64url() {
    let (vault, store, name) = world().await;
    store.put(&name, &canary()).await.unwrap();
    let (body, _) = vault.secret(&name.to_string());
    assert_eq!(
        (body["value"].as_str(), body["contentType"].as_str()),
        (Some("canary-5f1c8e7a-private-half"), Some("text/plain;charset=utf-8"))
    );
    assert_eq!(body["tags"]["keyferry"], "shipment");
    let other = SecretName::of(id());
    store.put(&other, &SecretBytes::new(vec![0xff, 0xfe])).await.unwrap();
    assert_eq!(vault.secret(&other.to_string()).0["value"], "__4");
}

#[tokio::test]
async fn rejects_too_long_values_without_a_call() {
    let (vault, store, name) = world().await;
    for value in [vec![b'x'; 25_001], vec![0xff; 18_751]] {
        let error = store.put(&name, &SecretBytes::new(value)).await.unwrap_err();
        assert!(error.to_string().contains("accepts at most 25000"), "{error}");
    }
    assert!(vault.calls().is_empty());
}

#[tokio::test]
async fn does_not_reuse_name_of_deleted_secret() {
    let (vault, store, name) = world().await;
    vault.protect();
    store.put(&name, &canary()).await.unwrap();
    store.purge(&name).await.expect("purge protection is not an error");
    assert_eq!(vault.names(), (vec![], vec![name.to_string()]));
    assert!(store.get(&name).await.unwrap().is_none());
    assert!(matches!(store.put(&name, &canary()).await, Err(StoreError::Exists(_))));
    store.purge(&name).await.expect("a second purge is not an error");
}

#[tokio::test]
async fn waits_for_deleted_secret_and_purges_it() {
    let (vault, store, name) = world().await;
    store.put(&name, &canary()).await.unwrap();
    vault.delay_deletion(4);
    store.purge(&name).await.unwrap();
    assert_eq!(vault.names(), (vec![], vec![]));
}

#[tokio::test]
async fn next_purge_finishes_an_interrupted_one() {
    let (vault, store, name) = world().await;
    store.put(&name, &canary()).await.unwrap();
    vault.delay_deletion(100);
    let error = store.purge(&name).await.unwrap_err();
    assert!(error.to_string().contains("not purged yet"), "{error}");
    vault.delay_deletion(0);
    store.purge(&name).await.unwrap();
    assert_eq!(vault.names(), (vec![], vec![]));
}

#[tokio::test]
async fn forbidden_purge_is_not_an_error() {
    let (vault, store, name) = world().await;
    store.put(&name, &canary()).await.unwrap();
    vault.next([Nothing, Nothing, Refused(403, "Forbidden", "ForbiddenByRbac")]);
    store.purge(&name).await.unwrap();
    assert_eq!(vault.names().1, [name.to_string()]);
}

#[tokio::test]
async fn lists_only_own_secrets() {
    let (vault, store, name) = world().await;
    for number in 0..7 {
        vault.put(&format!("a-{number}"), "theirs");
    }
    vault.put("fpr-not-an-id", "theirs");
    store.put(&name, &canary()).await.unwrap();
    let (listed, next) = store.list(None).await.unwrap();
    assert!(next.is_none());
    assert_eq!(listed.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>(), [name.to_string()]);
}

#[tokio::test]
async fn error_names_disabled_secret() {
    let (vault, store, name) = world().await;
    store.put(&name, &canary()).await.unwrap();
    vault.disable(&name.to_string());
    let error = store.get(&name).await.unwrap_err().to_string();
    assert!(error.contains(&name.to_string()) && error.contains("disabled"), "{error}");
    assert!(matches!(store.put(&name, &canary()).await, Err(StoreError::Exists(_))));
}

#[tokio::test]
async fn put_and_purge_survive_lost_answers() {
    let (vault, store, name) = world().await;
    vault.next([Nothing, DoneBut(500)]);
    store.put(&name, &canary()).await.unwrap();
    assert_eq!(store.get(&name).await.unwrap().unwrap().expose(), canary().expose());
    vault.next([DoneBut(503)]);
    store.purge(&name).await.unwrap();
    assert_eq!(vault.names(), (vec![], vec![]));
}

#[tokio::test]
async fn retries_when_throttled() {
    let (vault, store, name) = world().await;
    vault.next([Throttled(None), Throttled(Some(1)), Nothing]);
    assert!(store.get(&name).await.unwrap().is_none());
    assert_eq!(vault.calls().len(), 3);
}

#[tokio::test]
async fn replaces_refused_token_once() {
    let (vault, store, name) = world().await;
    store.put(&name, &canary()).await.unwrap();
    vault.refuse_token("Bearer token-1");
    assert!(store.get(&name).await.unwrap().is_some());
    assert_eq!(vault.tokens().last().unwrap(), "Bearer token-2");
}

#[tokio::test]
async fn sends_no_token_for_another_cloud() {
    let vault = Vault::serve().await;
    let error = store_of(&vault, true).get(&SecretName::of(id())).await.unwrap_err().to_string();
    assert!(error.contains("doesn't match the requested domain"), "{error}");
    assert!(vault.tokens().is_empty());
}

#[tokio::test]
async fn error_names_cause_and_no_value() {
    let (vault, store, name) = world().await;
    for (status, inner, expected) in [
        (403, "ForbiddenByRbac", "Key Vault Secrets Officer"),
        (403, "ForbiddenByFirewall", "private endpoint"),
        (403, "ForbiddenByPolicy", "access policies"),
        (400, "BadParameter", "400 BadParameter"),
    ] {
        vault.next([Nothing, Refused(status, "Forbidden", inner)]);
        let error = store.put(&name, &canary()).await.unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains(&name.to_string()) && error.contains("8f7a-0002"),
            "{error}"
        );
        assert!(!error.contains("canary") && !error.contains("token-"), "{error}");
    }
}
