//! Azurite as a stand-in for Table Storage: over HTTPS, with an access token. Only tests depend on this crate.
//!
//! Azurite is Microsoft's emulator of Azure Storage, an npm package that `cargo xtask outsiders` installs. It does not
//! simulate Key Vault: tests of `keyferry-store-azure` have their own double, tests of the program use the sandbox.
//!
//! Start reading at [`Table`], a table for one test. `crates/store-azure/tests/tables_conformance.rs` uses it.
#![expect(missing_docs, reason = "helpers of tests")]
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a helper that fails is a test that fails")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::ports::StoreError;
use keyferry_domain::{Clock, Entropy, Failure, SecretBytes, Timestamp};
use keyferry_http::{Answer, Client, ClientOptions};
use keyferry_outsiders::{Background, node, start};
use keyferry_store_azure::{KeyUse, TableKeys, TableStore};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::{Value, json};
use url::Url;

/// Clock with a fixed time. Sleeps a tenth of the requested time, so that retries after a collision do not collide
/// again.
pub struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_100, 0).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration / 10).await;
    }
}

/// Entropy from a counter: no two fills are equal.
pub struct Counter;

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        buffer.iter_mut().rev().zip(count.iter().rev()).for_each(|(byte, count)| *byte = *count);
    }
}

/// Source of access tokens with the claims that Azurite checks. Azurite does not check the signature.
pub struct Token;

#[async_trait]
impl TokenSource for Token {
    async fn token(&self) -> Result<AccessToken, Failure> {
        let part = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let claims = json!({
            "aud": "https://storage.azure.com", "iss": "https://sts.windows.net/11111111-2222-4333-8444-555555555555/",
            "iat": 0, "nbf": 0, "exp": 4_102_444_800_u32,
        });
        Ok(AccessToken::new(format!("{}.{}.c2ln", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims))))
    }

    fn invalidate(&self, _: &AccessToken) {}
}

/// Keys in memory.
#[derive(Default)]
pub struct MemoryKeys(Mutex<Vec<(KeyUse, Vec<u8>)>>);

impl MemoryKeys {
    /// Removes all keys, as if the vault was lost.
    pub fn lose(&self) {
        self.0.lock().unwrap().clear();
    }
}

#[async_trait]
impl TableKeys for MemoryKeys {
    async fn all(&self, for_use: KeyUse) -> Result<Vec<SecretBytes>, StoreError> {
        let keys = self.0.lock().unwrap();
        Ok(keys.iter().filter(|key| key.0 == for_use).map(|key| SecretBytes::new(key.1.clone())).collect())
    }

    async fn add(&self, for_use: KeyUse, key: &SecretBytes) -> Result<(), StoreError> {
        self.0.lock().unwrap().push((for_use, key.expose().to_vec()));
        Ok(())
    }
}

/// Returns certificate chain, private key and certificate authority for 127.0.0.1, each PEM.
pub fn certificates() -> [String; 3] {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.distinguished_name.push(DnType::CommonName, "Test authority of stores");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    [leaf.pem() + &authority.pem(), key.serialize_pem(), authority.pem()]
}

/// Returns an HTTP client that trusts this certificate authority (PEM).
pub fn trusting(authority: &str) -> Client {
    Client::new(ClientOptions { extra_roots_pem: vec![authority.as_bytes().to_vec()], ..ClientOptions::default() })
        .unwrap()
}

struct Azurite {
    endpoint: Url,
    authority: String,
    _running: Background,
}

/// Returns the Azurite shared by all tests of a process; starts it on first use. `None`: it is not installed.
fn azurite() -> Option<&'static Azurite> {
    static AZURITE: OnceLock<Option<Azurite>> = OnceLock::new();
    let azurite = AZURITE.get_or_init(|| {
        let mut command = node("azurite/tables.mjs")?;
        let [chain, key, authority] = certificates();
        let folder = tempfile::tempdir().unwrap();
        for (name, pem) in [("chain.pem", &chain), ("key.pem", &key)] {
            let file = folder.path().join(name);
            std::fs::write(&file, pem).unwrap();
            command.arg(file);
        }
        let running = start(command);
        let endpoint = format!("https://127.0.0.1:{}/devstoreaccount1", running.ready["port"]);
        Some(Azurite { endpoint: Url::parse(&endpoint).unwrap(), authority, _running: running })
    });
    azurite.as_ref()
}

/// A table in Azurite, one per test.
pub struct Table {
    azurite: &'static Azurite,
    /// One client per test, since connections end with the test's runtime.
    http: Client,
    pub name: String,
    /// Keys that the stores of this table share.
    pub keys: Arc<MemoryKeys>,
}

impl Table {
    /// Creates an empty table. `None`: Azurite is not installed, which is reported.
    pub async fn empty() -> Option<Self> {
        let table = Self::missing()?;
        let url = table.azurite.endpoint.join(&format!("{}/Tables", table.azurite.endpoint.path())).unwrap();
        let answer = table.send(table.http.post(&url).json(&json!({"TableName": table.name}))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Some(table)
    }

    /// Returns a table that does not exist in Azurite.
    pub fn missing() -> Option<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("fprshipments{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let azurite = azurite()?;
        Some(Self { azurite, http: trusting(&azurite.authority), name, keys: Arc::default() })
    }

    pub fn endpoint(&self) -> &Url {
        &self.azurite.endpoint
    }

    /// Returns the certificate authority, PEM.
    pub fn authority(&self) -> &str {
        &self.azurite.authority
    }

    pub fn store(&self) -> Arc<TableStore> {
        let (endpoint, http) = (&self.azurite.endpoint, self.http.clone());
        let (tokens, clock, entropy) = (Arc::new(Token), Arc::new(Still), Arc::new(Counter));
        Arc::new(TableStore::new(endpoint, &self.name, http, tokens, clock, entropy, self.keys.clone()).unwrap())
    }

    /// Returns all rows unchanged.
    pub async fn dump(&self) -> Vec<Value> {
        let answer = self.send(self.http.get(&self.url(""))).await;
        let body: Value = answer.json().unwrap();
        body["value"].as_array().unwrap().clone()
    }

    /// Returns the row keys that match an OData filter.
    pub async fn filtered(&self, filter: &str) -> Vec<String> {
        let mut url = self.url("");
        url.query_pairs_mut().append_pair("$filter", filter);
        // In an OData query, `+` is a plus sign and not a space.
        let query = url.query().unwrap().replace('+', "%20");
        url.set_query(Some(&query));
        let body: Value = self.send(self.http.get(&url)).await.json().unwrap();
        body["value"].as_array().unwrap().iter().map(|row| row["RowKey"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn row(&self, partition: &str, key: &str) -> Value {
        let url = self.url(&format!("(PartitionKey='{partition}',RowKey='{key}')"));
        self.send(self.http.get(&url)).await.json().unwrap()
    }

    pub async fn insert(&self, row: &Value) {
        let answer = self.send(self.http.post(&self.url("")).json(row)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// Changes columns of a row, as an operator does in the storage browser.
    pub async fn edit(&self, partition: &str, key: &str, columns: &Value) {
        let url = self.url(&format!("(PartitionKey='{partition}',RowKey='{key}')"));
        let answer = self.send(self.http.patch(&url).header("If-Match", "*").json(columns)).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    /// Deletes a row, as an operator does in the storage browser.
    pub async fn delete(&self, partition: &str, key: &str) {
        let url = self.url(&format!("(PartitionKey='{partition}',RowKey='{key}')"));
        let answer = self.send(self.http.delete(&url).header("If-Match", "*")).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    fn url(&self, rest: &str) -> Url {
        let endpoint = &self.azurite.endpoint;
        endpoint.join(&format!("{}/{}{rest}", endpoint.path(), self.name)).unwrap()
    }

    async fn send(&self, request: keyferry_http::Request) -> Answer {
        let token = Token.token().await.unwrap();
        let request =
            request.header("x-ms-version", "2020-12-06").header("Accept", "application/json;odata=fullmetadata");
        request.bearer(token.expose()).send().await.unwrap()
    }
}
