//! Fuzzes requests to Keyferry's API: bodies, idempotency keys, ids in paths, principals. All external systems are
//! unreachable.
#![no_main]

use std::sync::{Arc, LazyLock};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyferry_access::{Authentication, Authenticator, DelegatedRights, Limits, RolesMode};
use keyferry_api::{ApiState, StatusReport, UnknownMembers, router};
use keyferry_domain::ProviderId;
use keyferry_engine::{Engine, EngineSettings, Ports, Provider, Providers, Registration};
use keyferry_fuzz::{RUNTIME, TestDoubles};
use keyferry_journal::NoJournal;
use keyferry_store_sqlite::{SqliteOptions, SqliteStore};
use keyferry_testkit::Receivers;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

const PRINCIPAL: &str = r#"{"auth_typ":"aad","claims":[{"typ":"appid","val":"c11e0000-0000-4000-8000-000000000001"},
{"typ":"roles","val":"Keyferry.Operate"}]}"#;

static STATE: LazyLock<(TempDir, ApiState)> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a folder");
    let mut options = SqliteOptions::new(folder.path(), "11111111-2222-4333-8444-555555555555", Arc::new(TestDoubles));
    options.check_disk = false;
    let store = Arc::new(SqliteStore::open(options).expect("a store"));
    let doubles = Arc::new(TestDoubles);
    let registration = Registration::CreationOptions(doubles.clone());
    let provider = Provider { registration, directory: doubles.clone() };
    let ports = Ports {
        clock: doubles.clone(),
        entropy: doubles.clone(),
        providers: Providers::new(ProviderId::new("login"), provider),
        delivery_service: doubles.clone(),
        sealer: doubles.clone(),
        pin_delivery: doubles,
        shipments: store.clone(),
        secrets: store.clone(),
        idempotency: store.clone(),
        leases: store.clone(),
        batches: store.clone(),
        journal: Arc::new(NoJournal),
        webhooks: store,
        webhook_sender: Arc::new(Receivers::default()),
    };
    let state = ApiState {
        engine: Engine::without_metrics(ports, EngineSettings::new(Default::default())),
        authentication: Authentication {
            by: Authenticator::Platform,
            roles: RolesMode::DropIn,
            delegated: DelegatedRights::Scopes,
        },
        limits: Limits::unlimited(Arc::new(TestDoubles)),
        status: StatusReport::default(),
        expiring_app_credentials: Arc::new(String::new),
        unknown_members: UnknownMembers::Warn,
    };
    (folder, state)
});

// The first byte selects what the rest is.
fuzz_target!(|data: &[u8]| {
    let [which, rest @ ..] = data else { return };
    let mut request = Request::builder().header("content-type", "application/json");
    let mut principal = STANDARD.encode(PRINCIPAL).into_bytes();
    let mut body = rest;
    let orders = "/v1/fpr/shipments".to_owned();
    let (method, path) = match which % 6 {
        0 => ("POST", orders),
        1 => {
            let Some(at) = rest.iter().position(|byte| *byte == b'\n') else { return };
            let Ok(key) = HeaderValue::from_bytes(&rest[..at]) else { return };
            request = request.header("idempotency-key", key);
            body = &rest[at + 1..];
            ("POST", orders)
        }
        2 => {
            let Some(text) = std::str::from_utf8(rest).ok() else { return };
            ("GET", format!("/v1/fpr/shipments/{text}"))
        }
        3 => ("POST", "/v1/shipments/8gYnYQk5vVqYzKqY1p2xTQ/resolve".to_owned()),
        4 => {
            principal = rest.to_vec();
            ("GET", "/v1/status".to_owned())
        }
        _ => {
            principal = STANDARD.encode(rest).into_bytes();
            ("GET", "/v1/status".to_owned())
        }
    };
    let (Ok(uri), Ok(principal)) = (path.parse::<Uri>(), HeaderValue::from_bytes(&principal)) else { return };
    let request = request.method(method).uri(uri).header("x-ms-client-principal", principal);
    let Ok(request) = request.body(Body::from(body.to_vec())) else { return };
    RUNTIME.block_on(async {
        let answer = router(STATE.1.clone()).oneshot(request).await.expect("infallible");
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        assert_ne!(status, 500);
        if status >= 400 && status != 404 && status != 405 {
            let json: Value = serde_json::from_slice(&bytes).expect("a problem");
            assert!(json["error_code"].is_string() && json["error_message"].is_string(), "{json}");
        }
    });
});
