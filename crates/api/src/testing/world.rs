//! API on test doubles, and requests to it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use axum::response::Response;
use keyferry_access::{Authentication, Authenticator, DelegatedRights, LimitSettings, Limits, Quota, RolesMode};
use keyferry_domain::{
    Aaguid, Change, Clock as _, CredentialId, DeliveryState, Failure, FailureKind, Note, Operation, Party, Phased,
    ProviderId, RegisteredCredential, Shipment, Tracking,
};
use keyferry_engine::{Engine, EngineSettings, Ports, Provider, Providers, Registration};
use keyferry_testkit::failures::failure as failure_of;
use keyferry_testkit::{MemoryBatches, MemoryStore, MemoryWebhooks, Receivers};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::metrics::noop::NoopMeterProvider;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::doubles::{Outside, SHIPMENT, hardware};
use super::show::show;
use crate::operations::get_status::response::StatusReport;
use crate::router::router;
use crate::settings::UnknownMembers;
use crate::state::ApiState;

pub(crate) const CALLER: &str = "c11e0000-0000-4000-8000-000000000001";

pub(crate) struct World {
    pub(crate) outside: Arc<Outside>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) receivers: Arc<Receivers>,
    pub(crate) state: ApiState,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut EngineSettings)) -> Self {
        let outside = Arc::new(Outside::default());
        let store = Arc::new(MemoryStore::new(outside.clone()));
        let receivers = Arc::new(Receivers::default());
        let registration = Registration::CreationOptions(outside.clone());
        let provider = Provider { registration, directory: outside.clone() };
        let ports = Ports {
            clock: outside.clone(),
            entropy: outside.clone(),
            providers: Providers::new(ProviderId::new("login"), provider),
            delivery_service: outside.clone(),
            sealer: outside.clone(),
            pin_delivery: outside.clone(),
            shipments: store.clone(),
            secrets: store.clone(),
            idempotency: store.clone(),
            leases: store.clone(),
            batches: Arc::new(MemoryBatches::default()),
            journal: store.clone(),
            webhooks: Arc::new(MemoryWebhooks::default()),
            webhook_sender: receivers.clone(),
        };
        let mut settings = EngineSettings::new(Default::default());
        // Many tests order for the same user again.
        settings.one_open_order_per_user = false;
        change(&mut settings);
        let state = ApiState {
            engine: Engine::without_metrics(ports, settings),
            authentication: Authentication {
                by: Authenticator::Platform,
                roles: RolesMode::DropIn,
                delegated: DelegatedRights::Scopes,
            },
            limits: Limits::unlimited(outside.clone()),
            status: StatusReport::default(),
            expiring_app_credentials: Arc::new(String::new),
            unknown_members: UnknownMembers::Warn,
        };
        Self { outside, store, receivers, state }
    }

    pub(crate) fn router(&self) -> Router {
        router(self.state.clone())
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        self.router().oneshot(request).await.unwrap()
    }

    /// Sends a request of an application that the platform has authenticated.
    pub(crate) async fn call(&self, method: Method, path: &str, body: impl Into<Body>) -> String {
        show(self.send(request(method, path, body)).await).await
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        self.call(Method::GET, path, Body::empty()).await
    }

    pub(crate) async fn order(&self, order: &Value) -> String {
        self.call(Method::POST, "/v1/fpr/shipments", order.to_string()).await
    }

    pub(crate) async fn order_with_key(&self, key: &str, order: &Value) -> String {
        let mut request = request(Method::POST, "/v1/fpr/shipments", order.to_string());
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        show(self.send(request).await).await
    }

    /// Returns the only shipment.
    pub(crate) fn shipment(&self) -> Shipment {
        self.store.records.lock().unwrap().all().remove(0)
    }

    /// Commits a transition of the only shipment.
    pub(crate) fn change(&self, transition: impl FnOnce(Shipment) -> Change) {
        let now = self.outside.now();
        let mut records = self.store.records.lock().unwrap();
        let id = records.all().remove(0).id();
        let stored = records.get(id, now).unwrap().unwrap();
        records.commit(&stored.change.then(transition), &stored.version, now).unwrap();
    }

    /// Records state and tracking in the only shipment, which must be accepted.
    pub(crate) fn seen(&self, state: DeliveryState, tracking: Tracking) {
        self.change(|shipment| match shipment.phased() {
            Phased::Accepted(it) => it.observe(state, tracking, None),
            other => panic!("{other:?}"),
        });
    }

    /// Advances the only shipment to the phase `registered`.
    pub(crate) fn register(&self) {
        let at = self.shipment().created_at();
        let made = |shipment: Shipment| match shipment.phased() {
            Phased::Accepted(it) => {
                let (state, tracking) = (DeliveryState { id: None, message: None }, Tracking::default());
                it.fulfil(state, tracking, vec![hardware()], Note::new(at, "made"))
            }
            other => panic!("{other:?}"),
        };
        let registered = |shipment: Shipment| match shipment.phased() {
            Phased::Fulfilled(it) => {
                let credential = RegisteredCredential {
                    credential_id: Some(CredentialId::from_bytes([7; 16])),
                    aaguid: Some(Aaguid::from_bytes([0xa2; 16])),
                    method_id: "method-1".into(),
                    display_name: "YubiKey 12345678".into(),
                    registered_at: at,
                };
                it.register(vec![vec![credential]], Note::new(at, "registered"))
            }
            other => panic!("{other:?}"),
        };
        self.change(|shipment| made(shipment).then(registered));
    }
}

/// Returns limits that permit everything but what `change` sets.
pub(crate) fn limits(world: &World, change: impl FnOnce(&mut LimitSettings, fn(&str) -> Quota)) -> Limits {
    let quota = |text: &str| Quota::parse(text).unwrap();
    let unlimited = || quota("unlimited");
    let mut settings = LimitSettings {
        orders_per_caller: unlimited(),
        orders_per_person: unlimited(),
        checks_per_caller: unlimited(),
        checks_per_person: unlimited(),
        resends_per_caller: unlimited(),
        resends_per_person: unlimited(),
        releases_per_caller: unlimited(),
        releases_per_person: unlimited(),
    };
    change(&mut settings, quota);
    Limits::new(settings, world.outside.clone(), &NoopMeterProvider::new().meter("limits"))
}

pub(crate) fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    request_with(&["Keyferry.Operate"], method, path, body)
}

/// Returns a request of an application with these roles.
pub(crate) fn request_with(roles: &[&str], method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    let claims = roles.iter().map(|role| json!({"typ": "roles", "val": role}));
    request_of(claims.collect(), method, path, body)
}

/// Returns a request of an application that acts for a user, with these scopes.
pub(crate) fn request_of_user(scopes: &[&str], method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    let claims = vec![
        json!({"typ": "scp", "val": scopes.join(" ")}),
        json!({"typ": "oid", "val": "0a1b0000-0000-4000-8000-000000000001"}),
    ];
    request_of(claims, method, path, body)
}

fn request_of(own: Vec<Value>, method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    use base64::Engine as _;
    let mut claims = vec![json!({"typ": "appid", "val": CALLER})];
    claims.extend(own);
    let principal = json!({"auth_typ": "aad", "claims": claims}).to_string();
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-ms-client-principal", base64::engine::general_purpose::STANDARD.encode(principal))
        .body(body.into())
        .unwrap()
}

/// Returns the guide's example request.
pub(crate) fn order() -> Value {
    json!({
        "user_id": "adele@contoso.example",
        "pin_request": {"type": "generate", "length": 8},
        "yubico_shipment_request": {
            "reseller_organization_id": "",
            "delivery_type": 1,
            "address_validation_bypass": false,
            "recipient": {
                "recipient_company": "Contoso",
                "recipient_email": "adele@contoso.example",
                "recipient_firstname": "Adele",
                "recipient_lastname": "Vance",
                "recipient_telephone": "5555555555"
            },
            "mailing_address": {
                "street_line1": "1 Main Street",
                "street_line2": "Apt 2",
                "city": "Seattle",
                "region": "WA",
                "postal_code": "98101",
                "country_code_2": "US"
            },
            "shipment_items": [
                {"product_id": 1, "inventory_product_id": 18, "product_quantity": 1, "customization_id": "CUSTID"}
            ]
        }
    })
}

/// Returns [`order`] with one member replaced, or removed if `value` is `None`.
pub(crate) fn order_with(pointer: &str, value: Option<Value>) -> Value {
    let mut order = order();
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let parent = order.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(member.to_owned(), value),
        None => parent.remove(member),
    };
    order
}

pub(crate) fn answered(party: Party, operation: Operation, status: u16, code: Option<&str>, message: &str) -> Failure {
    let kind = FailureKind::Answered { status, code: code.map(str::to_owned) };
    failure_of(party, operation, kind, message).with_correlation("c0ffee00-0000-4000-8000-000000000001")
}

pub(crate) fn path(rest: &str) -> String {
    format!("/v1/fpr/shipments/{SHIPMENT}{rest}")
}

/// Returns the JSON body of a response in the form of the snapshots.
pub(crate) fn body(response: &str) -> Value {
    serde_json::from_str(&response[response.find('{').unwrap()..]).unwrap()
}

/// Returns a path of Keyferry's own operations on the shipment.
pub(crate) fn shipment_path(rest: &str) -> String {
    format!("/v1/shipments/{SHIPMENT}{rest}")
}
