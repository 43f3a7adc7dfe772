//! API that requires access tokens, and a test double of the login endpoint.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaKeyPair};
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::Redirect;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_http::{Client, ClientOptions};
use serde_json::{Value, json};

use crate::testing::doubles::START;
use crate::testing::show::show;
use crate::testing::world::{CALLER, World, request};
use keyferry_access::{Authenticator, TokenSettings, TokenValidator};

pub(super) const TENANT: &str = "7e000000-0000-4000-8000-00000000000a";
pub(super) const AUDIENCE: &str = "api://fido-connector-api.contoso.example";

pub(super) static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
pub(super) static OTHER_KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

/// Test double of the login endpoint: metadata and keys.
pub(super) struct Login {
    base: String,
    pub(super) keys: Mutex<Value>,
    pub(super) down: AtomicBool,
    /// Whether the metadata never arrives.
    pub(super) hangs: AtomicBool,
    pub(super) fetches: AtomicUsize,
}

impl Login {
    async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let keys = Mutex::new(json!([jwk("kid-1", &KEY)]));
        let (down, hangs, fetches) = (AtomicBool::default(), AtomicBool::default(), AtomicUsize::default());
        let login = Arc::new(Self { base, keys, down, hangs, fetches });
        let router =
            Router::new().route("/metadata", get(metadata)).route("/keys", get(keys_of)).with_state(login.clone());
        let router = router.route("/old/metadata", get(|| async { Redirect::permanent("/metadata") }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        login
    }

    fn issuer(&self) -> String {
        format!("{}/{TENANT}/v2.0", self.base)
    }
}

async fn metadata(State(login): State<Arc<Login>>) -> (StatusCode, Json<Value>) {
    if login.hangs.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    let status = if login.down.load(Ordering::SeqCst) { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
    (status, Json(json!({"issuer": login.issuer(), "jwks_uri": format!("{}/keys", login.base)})))
}

async fn keys_of(State(login): State<Arc<Login>>) -> Json<Value> {
    login.fetches.fetch_add(1, Ordering::SeqCst);
    Json(json!({"keys": *login.keys.lock().unwrap()}))
}

/// Returns the public key as JWK. Its DER form is a sequence of the modulus and 65537 (RFC 8017 appendix A.1.1).
pub(super) fn jwk(kid: &str, key: &RsaKeyPair) -> Value {
    let der = key.public_key().as_ref();
    assert_eq!((der.len(), &der[265..]), (270, &[2, 3, 1, 0, 1][..]));
    json!({"kty": "RSA", "use": "sig", "kid": kid, "n": URL_SAFE_NO_PAD.encode(&der[9..265]), "e": "AQAB"})
}

pub(super) fn sign(header: &Value, claims: &Value, key: &RsaKeyPair) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let algorithm = if header["alg"] == "RS512" { &RSA_PKCS1_SHA512 } else { &RSA_PKCS1_SHA256 };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(algorithm, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(super) fn jose_header() -> Value {
    json!({"typ": "JWT", "alg": "RS256", "kid": "kid-1"})
}

pub(super) struct ProtectedApi {
    pub(super) world: World,
    pub(super) login: Arc<Login>,
}

impl ProtectedApi {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut TokenSettings)) -> Self {
        let login = Login::start().await;
        let mut world = World::new();
        let mut settings = TokenSettings {
            metadata: format!("{}/metadata", login.base),
            tenant: TENANT.into(),
            issuers: vec![],
            audiences: vec![AUDIENCE.into(), "a0000000-0000-4000-8000-00000000000b".into()],
            client_apps: vec![CALLER.to_uppercase()],
        };
        change(&mut settings);
        let client = Client::new(ClientOptions::default()).unwrap();
        let validator = TokenValidator::new(settings, client, world.outside.clone()).unwrap();
        world.state.authentication.by = Authenticator::Tokens(Arc::new(validator));
        Self { world, login }
    }

    pub(super) fn v1(&self) -> Value {
        json!({
            "aud": AUDIENCE, "iss": format!("https://sts.windows.net/{TENANT}/"), "tid": TENANT, "ver": "1.0",
            "appid": CALLER, "appidacr": "1", "iat": START, "nbf": START, "exp": START + 3600
        })
    }

    pub(super) fn v2(&self) -> Value {
        json!({
            "aud": "a0000000-0000-4000-8000-00000000000b", "iss": self.login.issuer(), "tid": TENANT, "ver": "2.0",
            "azp": CALLER, "azpacr": "1", "iat": START, "nbf": START, "exp": START + 3600
        })
    }

    pub(super) async fn send_authorization(&self, authorization: &str) -> String {
        let mut request = request(Method::GET, "/v1/fpr/shipments/x", Body::empty());
        // The request also has the platform's principal header, which must be ignored here.
        request.headers_mut().insert(header::AUTHORIZATION, authorization.parse().unwrap());
        show(self.world.send(request).await).await
    }

    /// Sends a request with a token of these claims.
    pub(super) async fn ask(&self, claims: &Value, method: Method, path: &str, body: String) -> String {
        let mut request = request(method, path, Body::from(body));
        let token = format!("Bearer {}", sign(&jose_header(), claims, &KEY));
        request.headers_mut().insert(header::AUTHORIZATION, token.parse().unwrap());
        show(self.world.send(request).await).await
    }

    pub(super) async fn send_claims(&self, claims: &Value) -> String {
        self.send_authorization(&format!("Bearer {}", sign(&jose_header(), claims, &KEY))).await
    }
}

/// Returns whether the caller was accepted: the requested shipment does not exist, so the API answers 404.
pub(super) fn is_accepted(answer: &str) -> bool {
    answer.starts_with("404")
}

pub(super) fn changed(mut claims: Value, member: &str, value: Value) -> Value {
    match value {
        Value::Null => claims.as_object_mut().unwrap().remove(member),
        value => claims.as_object_mut().unwrap().insert(member.to_owned(), value),
    };
    claims
}
