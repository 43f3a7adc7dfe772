//! Cases of secrets.

use std::collections::BTreeSet;

use keyferry_domain::SecretBytes;
use keyferry_domain::ports::{SecretName, StoreError};

use super::Secrets;
use super::samples::id;

fn name() -> SecretName {
    SecretName::of(id())
}

fn value(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

pub async fn get_returns_put_value(backend: &dyn Secrets) {
    let store = backend.secrets().await;
    let (name, bytes) = (name(), (0..=255).collect::<Vec<u8>>());
    assert!(store.get(&name).await.unwrap().is_none());
    store.put(&name, &SecretBytes::new(bytes.clone())).await.unwrap();
    assert_eq!(store.get(&name).await.unwrap().unwrap().expose(), bytes);
}

pub async fn rejects_second_put_of_a_name(backend: &dyn Secrets) {
    let store = backend.secrets().await;
    let name = name();
    store.put(&name, &value("first")).await.unwrap();
    assert!(matches!(store.put(&name, &value("second")).await, Err(StoreError::Exists(_))));
    assert_eq!(store.get(&name).await.unwrap().unwrap().expose(), b"first");
}

pub async fn replaces_a_value_only_if_it_is_the_expected_one(backend: &dyn Secrets) {
    let store = backend.secrets().await;
    let (name, missing) = (name(), name());
    store.put(&name, &value("first")).await.unwrap();
    let replaced = store.replace(&name, &value("other"), &value("second")).await;
    assert!(matches!(replaced, Err(StoreError::Conflict(_))), "{replaced:?}");
    assert_eq!(store.get(&name).await.unwrap().unwrap().expose(), b"first");
    store.replace(&name, &value("first"), &value("second")).await.unwrap();
    assert_eq!(store.get(&name).await.unwrap().unwrap().expose(), b"second");
    let replaced = store.replace(&missing, &value("first"), &value("second")).await;
    assert!(matches!(replaced, Err(StoreError::Conflict(_))), "{replaced:?}");
    assert!(store.get(&missing).await.unwrap().is_none());
    let too_long = SecretBytes::new(vec![b'Q'; 25 * 1024 + 1]);
    assert!(store.replace(&name, &value("second"), &too_long).await.is_err());
    store.purge(&name).await.unwrap();
    assert!(store.get(&name).await.unwrap().is_none());
}

pub async fn purge_is_idempotent(backend: &dyn Secrets) {
    let store = backend.secrets().await;
    let (gone, kept) = (name(), name());
    store.put(&gone, &value("gone")).await.unwrap();
    store.put(&kept, &value("kept")).await.unwrap();
    for _ in 0..2 {
        store.purge(&gone).await.unwrap();
        assert!(store.get(&gone).await.unwrap().is_none());
    }
    assert_eq!(store.get(&kept).await.unwrap().unwrap().expose(), b"kept");
}

pub async fn accepts_values_up_to_25_kib(backend: &dyn Secrets) {
    let store = backend.secrets().await;
    let (longest, too_long) = (name(), name());
    store.put(&longest, &SecretBytes::new(vec![b'x'; 25_000])).await.unwrap();
    assert_eq!(store.get(&longest).await.unwrap().unwrap().len(), 25_000);
    let error = store.put(&too_long, &SecretBytes::new(vec![b'Q'; 25_001])).await.unwrap_err();
    assert!(!error.to_string().contains("QQ"), "{error}");
    assert!(store.get(&too_long).await.unwrap().is_none());
}

pub async fn lists_all_names_with_times(backend: &dyn Secrets) {
    let store = backend.secrets().await;
    let names: Vec<_> = (0..12).map(|_| name()).collect();
    for name in &names {
        store.put(name, &value("x")).await.unwrap();
    }
    store.purge(&names[0]).await.unwrap();
    let (mut listed, mut after) = (Vec::new(), None);
    for _ in 0..100 {
        let (page, next) = store.list(after.as_ref()).await.unwrap();
        listed.extend(page);
        after = next;
        if after.is_none() {
            break;
        }
    }
    let texts: BTreeSet<_> = listed.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(listed.len(), 11);
    assert_eq!(texts, names[1..].iter().map(ToString::to_string).collect());
    assert!(listed.iter().all(|(_, at)| at.timestamp() > 1_500_000_000), "{listed:?}");
}

pub async fn secrets_survive_reopening(backend: &dyn Secrets) {
    let name = name();
    backend.secrets().await.put(&name, &value("kept")).await.unwrap();
    assert_eq!(backend.secrets().await.get(&name).await.unwrap().unwrap().expose(), b"kept");
}
