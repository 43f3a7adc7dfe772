//! Tests of the keys of the table.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{SecretBytes, SecretStore as _};
use keyferry_store_azure::{KeyUse, TableKeys as _};

use super::double::Fault::{DoneBut, Refused};
use super::world;

const NAME: &str = "KEYFERRY-EVENT-SIGNING-KEY";

fn key(first: u8) -> SecretBytes {
    SecretBytes::new(vec![first, 0xff, 0xfe])
}

async fn all(store: &keyferry_store_azure::VaultStore) -> Vec<Vec<u8>> {
    store.all(KeyUse::EventSigning).await.unwrap().iter().map(|key| key.expose().to_vec()).collect()
}

#[tokio::test]
async fn each_key_is_a_version_of_one_secret() {
    let (vault, store, _) = world().await;
    assert!(all(&store).await.is_empty());
    store.add(KeyUse::EventSigning, &key(1)).await.unwrap();
    store.add(KeyUse::EventSigning, &key(2)).await.unwrap();
    assert_eq!(all(&store).await, [[1, 0xff, 0xfe], [2, 0xff, 0xfe]]);
    let (body, versions) = vault.secret(NAME);
    assert_eq!((&body["tags"]["keyferry"], versions), (&"event-signing-key".into(), 2));
    assert!(store.list(None).await.unwrap().0.is_empty(), "the clean-up must not find it");
    vault.disable(NAME);
    assert_eq!(all(&store).await, [[1, 0xff, 0xfe]]);
}

#[tokio::test]
async fn lost_answer_adds_the_same_key_again() {
    let (vault, store, _) = world().await;
    vault.next([DoneBut(500)]);
    store.add(KeyUse::EventSigning, &key(1)).await.unwrap();
    assert_eq!(all(&store).await, [[1, 0xff, 0xfe]; 2]);
}

#[tokio::test]
async fn deleted_secret_must_be_recovered() {
    let (vault, store, _) = world().await;
    store.add(KeyUse::EventSigning, &key(1)).await.unwrap();
    vault.delete(NAME);
    assert!(all(&store).await.is_empty());
    let error = store.add(KeyUse::EventSigning, &key(2)).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("Recover it")), "{error}");
    vault.next([Refused(403, "Forbidden", "ForbiddenByRbac")]);
    let error = store.all(KeyUse::EventSigning).await.unwrap_err().to_string();
    assert!(error.contains("Key Vault Secrets Officer"), "{error}");
}

#[tokio::test]
async fn each_use_has_its_own_secret() {
    let (vault, store, _) = world().await;
    store.add(KeyUse::OrderSealing, &key(7)).await.unwrap();
    assert!(all(&store).await.is_empty());
    assert_eq!(store.all(KeyUse::OrderSealing).await.unwrap()[0].expose(), key(7).expose());
    assert!(store.list(None).await.unwrap().0.is_empty(), "the clean-up must not find it");
    vault.delete("KEYFERRY-ORDER-SEALING-KEY");
    let error = store.add(KeyUse::OrderSealing, &key(8)).await.unwrap_err().to_string();
    assert!(error.contains("KEYFERRY-ORDER-SEALING-KEY, which opens the orders of batches"), "{error}");
}
