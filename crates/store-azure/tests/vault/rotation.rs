//! Tests of the connector's own secrets and their rotation in the vault.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_azure_identity::AppCredentialExpiries;
use keyferry_domain::{Clock, FailureKind, Operation, Party, SecretBytes, Timestamp};
use keyferry_domain::{FailureClass, FailureTable, Rule, When};
use keyferry_http::SecretSource;
use keyferry_store_azure::{VaultSecret, VaultSettings, VaultStore};
use serde_json::json;

use super::Tokens;
use super::double::Fault::Refused;
use super::double::Vault;

const FAILURES: FailureTable = FailureTable::new(
    Party::DeliveryService,
    &[Rule::new(When::Anything, FailureClass::AppCredentialUnusable, "Set it.")],
);

#[derive(Default)]
struct ManualClock(AtomicI64);

impl ManualClock {
    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000 + self.0.load(Ordering::SeqCst), 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

const NAME: &str = "YED-API-TOKEN";

async fn world() -> (Vault, Arc<ManualClock>, VaultSecret) {
    let vault = Vault::serve().await;
    vault.put(NAME, "canary-old\n");
    let settings = VaultSettings { endpoint: vault.endpoint.clone(), verify_challenge: false };
    let clock = Arc::new(ManualClock::default());
    let http = keyferry_proof_azurite::trusting(&vault.authority);
    let store = VaultStore::new(&settings, http, Arc::new(Tokens::default()), clock.clone()).unwrap();
    let secret = VaultSecret::new(store, NAME, "api_token", &FAILURES, AppCredentialExpiries::default());
    vault.next([]);
    (vault, clock, secret)
}

async fn now(secret: &VaultSecret) -> String {
    String::from_utf8(secret.secret().await.unwrap().expose().to_vec()).unwrap()
}

fn bytes(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

#[tokio::test]
async fn caches_secret_for_five_minutes() {
    let (vault, clock, secret) = world().await;
    assert_eq!(now(&secret).await, "canary-old", "without the trailing line break");
    vault.put(NAME, "canary-new");
    clock.pass(299);
    assert_eq!(now(&secret).await, "canary-old");
    clock.pass(1);
    assert_eq!(now(&secret).await, "canary-new");
    assert_eq!(vault.calls().len(), 2);
}

#[tokio::test]
async fn concurrent_callers_share_one_read() {
    let (vault, _, secret) = world().await;
    tokio::join!(now(&secret), now(&secret), now(&secret));
    assert_eq!(vault.calls().len(), 1);
}

#[tokio::test]
async fn reads_new_version_after_refusal() {
    let (vault, clock, secret) = world().await;
    assert_eq!(now(&secret).await, "canary-old");
    vault.put(NAME, "canary-new");
    clock.pass(1);
    secret.refused(&bytes("canary-old"));
    assert_eq!(now(&secret).await, "canary-new");
    secret.refused(&bytes("canary-old"));
    assert_eq!(now(&secret).await, "canary-new", "a late refusal of the old value must not affect the new one");
    assert_eq!(vault.calls().len(), 2);
}

#[tokio::test]
async fn limits_reads_of_a_wrong_secret() {
    let (vault, clock, secret) = world().await;
    for _ in 0..50 {
        assert_eq!(now(&secret).await, "canary-old");
        secret.refused(&bytes("canary-old"));
        clock.pass(1);
    }
    assert!((2..=4).contains(&vault.calls().len()), "{} reads in 50 s", vault.calls().len());
    vault.put(NAME, "canary-new");
    clock.pass(30);
    assert_eq!(now(&secret).await, "canary-new");
}

#[tokio::test]
async fn uses_cached_secret_for_an_hour_during_outage() {
    let (vault, clock, secret) = world().await;
    now(&secret).await;
    let away = || vault.next(std::iter::repeat_n(Refused(400, "Away", ""), 20));
    away();
    clock.pass(3599);
    assert_eq!(now(&secret).await, "canary-old");
    clock.pass(1);
    let failure = secret.secret().await.unwrap_err();
    assert_eq!((failure.party, failure.operation), (Party::DeliveryService, Operation::Secrets));
    assert!(failure.message.contains(NAME) && !failure.message.contains("canary"), "{failure:?}");
    vault.next([]);
    assert_eq!(now(&secret).await, "canary-old");
    // A refused value must not be used again.
    secret.refused(&bytes("canary-old"));
    away();
    assert!(secret.secret().await.is_err());
}

#[tokio::test]
async fn error_names_secret_and_defect() {
    let (vault, clock, secret) = world().await;
    let day = 24 * 3600;
    for (change, expected) in [
        (json!({"value": "x", "expires": 1_790_000_000_i64 - day}), "has expired"),
        (json!({"value": "x", "begins": 1_790_000_000_i64 + day}), "is not valid yet"),
        (json!({"value": " \n"}), "is empty"),
        (json!({"value": "x", "enabled": false}), "is disabled"),
    ] {
        vault.put_with(NAME, &change);
        clock.pass(301);
        let failure = secret.secret().await.unwrap_err();
        assert!(failure.message.contains(NAME) && failure.message.contains(expected), "{failure:?}");
        assert_eq!(failure.kind, FailureKind::Found("secret-unreadable"));
    }
    vault.put_with(NAME, &json!({"value": "good", "expires": 1_790_000_000_i64 + day}));
    assert_eq!(now(&secret).await, "good");
    let missing = {
        let (vault, _, _) = world().await;
        let settings = VaultSettings { endpoint: vault.endpoint.clone(), verify_challenge: false };
        let http = keyferry_proof_azurite::trusting(&vault.authority);
        let store = VaultStore::new(&settings, http, Arc::new(Tokens::default()), clock.clone()).unwrap();
        let secret = VaultSecret::new(
            store,
            "ENTRA-FIDO-API-CLIENT-SECRET",
            "client_secret",
            &FAILURES,
            AppCredentialExpiries::default(),
        );
        secret.secret().await.unwrap_err()
    };
    assert!(
        missing.message.contains("ENTRA-FIDO-API-CLIENT-SECRET") && missing.message.contains("is not in the vault")
    );
    assert!(!format!("{secret:?}").contains("good"));
}

#[tokio::test]
async fn warns_once_a_day_before_expiry() {
    const DAY: i64 = 24 * 3600;
    let (vault, clock, secret) = world().await;
    vault.put_with(NAME, &json!({"value": "canary-good", "expires": 1_790_000_000_i64 + 31 * DAY}));
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::fmt().json().with_writer(log.clone()).finish());
    let warnings =
        || log.taken().lines().filter(|line| line.contains("expires soon")).map(str::to_owned).collect::<Vec<_>>();
    now(&secret).await;
    assert_eq!(warnings(), [""; 0], "not yet");
    for (days, expected) in [(2, 1), (0, 0), (1, 1)] {
        clock.pass(days * DAY + 301);
        now(&secret).await;
        let found = warnings();
        assert_eq!(found.len(), expected, "{found:?}");
        assert!(
            found.iter().all(|line| line.contains(NAME) && line.contains("WARN") && !line.contains("canary")),
            "{found:?}"
        );
    }
}

#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl Log {
    fn taken(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
