//! Test double of a vault over HTTPS, written from the public documentation of Key Vault, with a script of faults.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use axum::serve::Listener;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use url::Url;

/// Fault of one call.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    None,
    /// The call is not executed, and fails with this status, code and inner code.
    Refused(u16, &'static str, &'static str),
    /// The call is executed, but fails with this status.
    DoneBut(u16),
    /// The call fails with 429 and this `Retry-After`, if any.
    Throttled(Option<u32>),
}

struct Secret {
    name: String,
    body: Value,
    versions: u32,
    enabled: bool,
    /// Earlier versions, each with its id.
    before: Vec<Value>,
}

#[derive(Default)]
struct VaultState {
    there: BTreeMap<String, Secret>,
    deleted: BTreeMap<String, Secret>,
    /// Number of reads of a deleted secret that still fail with 404.
    slow: u32,
    script: VecDeque<Fault>,
    calls: Vec<String>,
    tokens: Vec<String>,
    refused_token: Option<String>,
    level: &'static str,
}

#[derive(Clone)]
pub(crate) struct Vault {
    state: Arc<Mutex<VaultState>>,
    pub(crate) endpoint: Url,
    pub(crate) authority: String,
}

struct Tls {
    inner: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((stream, address)) = self.inner.accept().await
                && let Ok(stream) = self.acceptor.accept(stream).await
            {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

impl Vault {
    pub(crate) async fn serve() -> Self {
        let [chain, key, authority] = keyferry_proof_azurite::certificates();
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Url::parse(&format!("https://{}", inner.local_addr().unwrap())).unwrap();
        let state = Arc::new(Mutex::new(VaultState { level: "Recoverable+Purgeable", ..VaultState::default() }));
        let vault = Self { state, endpoint, authority };
        let router = Router::new().fallback(answer).with_state(vault.clone());
        let listener = Tls { inner, acceptor: TlsAcceptor::from(Arc::new(config)) };
        tokio::spawn(async move { axum::serve(listener, router).await });
        vault
    }

    /// Sets the faults of the next authenticated calls, in order.
    pub(crate) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut state = self.state.lock().unwrap();
        state.script = faults.into_iter().collect();
        state.calls.clear();
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.state.lock().unwrap().calls.clone()
    }

    pub(crate) fn tokens(&self) -> Vec<String> {
        self.state.lock().unwrap().tokens.clone()
    }

    pub(crate) fn refuse_token(&self, token: &str) {
        self.state.lock().unwrap().refused_token = Some(token.into());
    }

    pub(crate) fn protect(&self) {
        self.state.lock().unwrap().level = "Recoverable";
    }

    pub(crate) fn delay_deletion(&self, looks: u32) {
        self.state.lock().unwrap().slow = looks;
    }

    pub(crate) fn disable(&self, name: &str) {
        let mut state = self.state.lock().unwrap();
        let secret = state.there.get_mut(name).unwrap();
        secret.enabled = false;
        secret.body["attributes"]["enabled"] = false.into();
    }

    /// Deletes a secret without purging it.
    pub(crate) fn delete(&self, name: &str) {
        let mut state = self.state.lock().unwrap();
        let secret = state.there.remove(name).unwrap();
        state.deleted.insert(name.into(), secret);
    }

    /// Puts a secret as an administrator would.
    pub(crate) fn put(&self, name: &str, value: &str) {
        self.state.lock().unwrap().set(name, json!({"value": value}), &self.endpoint);
    }

    /// Puts a secret with attributes: `enabled`, and `expires` and `begins` in Unix time.
    pub(crate) fn put_with(&self, name: &str, given: &Value) {
        let mut state = self.state.lock().unwrap();
        state.set(name, json!({"value": given["value"]}), &self.endpoint);
        let secret = state.there.get_mut(name).unwrap();
        secret.enabled = given["enabled"].as_bool().unwrap_or(true);
        for (attribute, member) in [("exp", "expires"), ("nbf", "begins")] {
            if let Some(at) = given[member].as_i64() {
                secret.body["attributes"][attribute] = at.into();
            }
        }
    }

    /// Returns the names of existing and of deleted secrets.
    pub(crate) fn names(&self) -> (Vec<String>, Vec<String>) {
        let state = self.state.lock().unwrap();
        (state.there.keys().cloned().collect(), state.deleted.keys().cloned().collect())
    }

    pub(crate) fn secret(&self, name: &str) -> (Value, u32) {
        let state = self.state.lock().unwrap();
        let secret = &state.there[name];
        (secret.body.clone(), secret.versions)
    }
}

impl VaultState {
    fn set(&mut self, name: &str, mut body: Value, endpoint: &Url) -> Value {
        let attributes =
            json!({"enabled": true, "created": 1_790_000_000, "updated": 1_790_000_000, "recoveryLevel": self.level});
        let versions = self.there.get(name).map_or(0, |secret| secret.versions) + 1;
        body["id"] = format!("{endpoint}secrets/{name}/{versions:032x}").into();
        body["attributes"] = attributes;
        let before = self.there.remove(name).map(|secret| [secret.before, vec![secret.body]].concat());
        let before = before.unwrap_or_default();
        let secret = Secret { name: name.into(), body: body.clone(), versions, enabled: true, before };
        self.there.insert(name.into(), secret);
        body
    }

    fn act(&mut self, method: &Method, path: &str, query: &str, body: &Bytes, endpoint: &Url) -> Response<Body> {
        let parts: Vec<_> = path.trim_matches('/').split('/').collect();
        match (method.as_str(), &parts[..]) {
            ("PUT", ["secrets", name]) => {
                if self.deleted.contains_key(*name) {
                    return refused(409, "Conflict", "ObjectIsDeletedButRecoverable");
                }
                ok(&self.set(name, serde_json::from_slice(body).unwrap(), endpoint))
            }
            ("GET", ["secrets"]) => self.page(query, endpoint),
            // Without values, and newest first.
            ("GET", ["secrets", name, "versions"]) => match self.there.get(*name) {
                Some(secret) => {
                    let items = [&secret.body].into_iter().chain(secret.before.iter().rev());
                    let items: Vec<_> =
                        items.map(|body| json!({"id": body["id"], "attributes": body["attributes"]})).collect();
                    ok(&json!({"value": items, "nextLink": null}))
                }
                None => refused(404, "SecretNotFound", ""),
            },
            ("GET", ["secrets", name, version]) if !version.is_empty() => {
                let bodies = self
                    .there
                    .get(*name)
                    .into_iter()
                    .flat_map(|secret| [&secret.body].into_iter().chain(&secret.before));
                match bodies.into_iter().find(|body| body["id"].as_str().is_some_and(|id| id.ends_with(version))) {
                    Some(body) if body["attributes"]["enabled"] == false => refused(403, "Forbidden", "SecretDisabled"),
                    Some(body) => ok(body),
                    None => refused(404, "SecretNotFound", ""),
                }
            }
            ("GET", ["secrets", name, ..]) => match self.there.get(*name) {
                Some(secret) if !secret.enabled => refused(403, "Forbidden", "SecretDisabled"),
                Some(secret) => ok(&secret.body),
                None => refused(404, "SecretNotFound", ""),
            },
            ("DELETE", ["secrets", name]) => match self.there.remove(*name) {
                Some(secret) => {
                    let answer = ok(&secret.body);
                    self.deleted.insert(secret.name.clone(), secret);
                    answer
                }
                None => refused(404, "SecretNotFound", ""),
            },
            ("GET", ["deletedsecrets", name]) => match self.deleted.get(*name) {
                Some(_) if self.slow > 0 => {
                    self.slow -= 1;
                    refused(404, "SecretNotFound", "")
                }
                Some(secret) => ok(&secret.body),
                None => refused(404, "SecretNotFound", ""),
            },
            ("DELETE", ["deletedsecrets", name]) => {
                if self.level == "Recoverable" {
                    return refused(403, "Forbidden", "");
                }
                self.deleted.remove(*name);
                let mut answer = Response::new(Body::empty());
                *answer.status_mut() = StatusCode::NO_CONTENT;
                answer
            }
            _ => refused(405, "MethodNotAllowed", ""),
        }
    }

    /// Returns a page of five names.
    fn page(&self, query: &str, endpoint: &Url) -> Response<Body> {
        let from: usize = query.split("skip=").nth(1).map_or(0, |skip| skip.parse().unwrap());
        let items: Vec<_> = self.there.values().skip(from).take(5).map(|secret| {
            json!({"id": format!("{endpoint}secrets/{}", secret.name), "attributes": secret.body["attributes"]})
        }).collect();
        let more = from + 5 < self.there.len();
        let next = more.then(|| format!("{endpoint}secrets?api-version=7.6&skip={}", from + 5));
        ok(&json!({"value": items, "nextLink": next}))
    }
}

async fn answer(
    State(vault): State<Vault>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut state = vault.state.lock().unwrap();
    let token = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let Some(token) = token.filter(|token| state.refused_token.as_ref() != Some(token)) else {
        assert!(body.is_empty(), "a secret was sent before authentication");
        let mut answer = refused(401, "Unauthorized", "");
        let challenge = r#"Bearer authorization="https://login.windows.net/t", resource="https://vault.azure.net""#;
        answer.headers_mut().insert("www-authenticate", challenge.parse().unwrap());
        return answer;
    };
    state.tokens.push(token);
    state.calls.push(format!("{method} {}", uri.path()));
    let query = uri.query().unwrap_or_default();
    assert!(query.contains("api-version="), "{uri}");
    match state.script.pop_front().unwrap_or(Fault::None) {
        Fault::None => state.act(&method, uri.path(), query, &body, &vault.endpoint),
        Fault::Refused(status, code, inner) => refused(status, code, inner),
        Fault::DoneBut(status) => {
            state.act(&method, uri.path(), query, &body, &vault.endpoint);
            refused(status, "InternalServerError", "")
        }
        Fault::Throttled(wait) => {
            let mut answer = refused(429, "Throttled", "");
            if let Some(wait) = wait {
                answer.headers_mut().insert("retry-after", wait.into());
            }
            answer
        }
    }
}

fn ok(body: &Value) -> Response<Body> {
    Response::new(Body::from(body.to_string()))
}

fn refused(status: u16, code: &str, inner: &str) -> Response<Body> {
    let mut body =
        json!({"error": {"code": code, "message": format!("It is {code}.\r\nCaller: appid=x\r\nResource: y")}});
    if !inner.is_empty() {
        body["error"]["innererror"] = json!({ "code": inner });
    }
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer.headers_mut().insert("x-ms-request-id", "8f7a-0002".parse().unwrap());
    answer
}
