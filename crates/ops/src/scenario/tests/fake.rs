//! Fake connector, sandbox and browser in one, with canned responses and switches for faults.

mod browser;

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::{Json, Router};
use serde_json::{Value, json};
use url::Url;

pub(super) const PIN: &str = "48213790";
pub(super) const TOKEN: &str = "token-that-must-not-leak";
const SERIAL: &str = "31415926";
const GRACE: &str = "grace.hopper@contoso.onmicrosoft.com";

pub(super) use browser::Browser;

/// Behaviour and state of the fake.
#[derive(Clone)]
pub(super) struct Fake {
    /// PIN of the key. It may differ from the PIN in the mail.
    pub(super) key_pin: String,
    pub(super) key_takes_any_pin: bool,
    pub(super) key_demands_change: bool,
    pub(super) ignores_customization: bool,
    pub(super) mail_to: &'static str,
    pub(super) mails: bool,
    pub(super) signs_in: &'static str,
    pub(super) serial_at_connector: &'static str,
    pub(super) method_registered: bool,
    /// State in which the parcel stays.
    pub(super) last_state: i64,
    /// Number of processing runs until the shipment is complete.
    pub(super) runs_to_complete: u32,
    pub(super) obstacle: Option<&'static str>,
    pub(super) runs: u32,
    pub(super) base: String,
    pub(super) ordered: bool,
    pub(super) state_id: i64,
    pub(super) retries: u64,
    pub(super) rp_id: &'static str,
    pub(super) browser: Browser,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            key_pin: PIN.to_owned(),
            key_takes_any_pin: false,
            key_demands_change: false,
            ignores_customization: false,
            mail_to: GRACE,
            mails: true,
            signs_in: "a1",
            serial_at_connector: SERIAL,
            method_registered: true,
            last_state: 104,
            runs_to_complete: 1,
            obstacle: None,
            runs: 0,
            base: String::new(),
            ordered: false,
            state_id: 3,
            retries: 8,
            rp_id: "localhost",
            browser: Browser::default(),
        }
    }
}

pub(super) type Shared = Arc<Mutex<Fake>>;

pub(super) async fn start(fake: Fake) -> (Url, Shared) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let url = base.parse().unwrap();
    let shared = Arc::new(Mutex::new(Fake { base, ..fake }));
    let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, shared)
}

async fn answer(State(fake): State<Shared>, method: Method, uri: Uri, body: Bytes) -> (StatusCode, Json<Value>) {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut fake = fake.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, answer) = fake.answer(&format!("{method} {}", uri.path()), &body);
    (StatusCode::from_u16(status).unwrap(), Json(answer))
}

impl Fake {
    fn answer(&mut self, call: &str, body: &Value) -> (u16, Value) {
        let complete = self.runs >= self.runs_to_complete;
        let answer = match call {
            "GET /control/world" => world(&self.base, self.rp_id),
            "GET /mailbox/messages" => self.mailbox(),
            "GET /control/calls" if self.ordered => json!([
                {"endpoint": "graph.creation_options", "status": 200, "client_request_id": "c1"},
                {"endpoint": "delivery.order", "status": 201, "client_request_id": "c2"},
            ]),
            "GET /control/calls" => json!([]),
            "POST /token" => json!({"access_token": TOKEN}),
            "GET /v1/status" => json!({"FIDO_CONNECTOR_VERSION": "1"}),
            "POST /v1/fpr/shipments" => {
                self.ordered = true;
                self.key_demands_change |= !self.ignores_customization
                    && body.pointer("/yubico_shipment_request/shipment_items/0/customization_id")
                        == Some(&json!("ONETIM"));
                return (201, json!({"data": {"shipment_id": "S1"}}));
            }
            "POST /v1/operations/process-shipments" => {
                self.runs += 1;
                return (204, Value::Null);
            }
            "GET /v1/fpr/shipments/S1" if complete => json!({"shipment_id": "S1", "shipment_state": "complete"}),
            "GET /v1/fpr/shipments/S1" => {
                let error = self.obstacle.map(|class| format!("{class} trouble"));
                let kind = error.as_ref().map(|_| "GENERAL");
                json!({"shipment_id": "S1", "shipment_state": "ongoing", "error_kind": kind, "error_message": error})
            }
            "GET /v1/shipments/S1" => self.details(),
            "GET /control/parcels/S1" => self.parcel(),
            "POST /control/parcels/S1/advance" => {
                let way = [3, 5, 100, 102, 103, 104];
                let next = way.iter().find(|state| **state > self.state_id).copied().unwrap_or(104);
                self.state_id = next.min(self.last_state);
                self.parcel()
            }
            "GET /v1.0/users/a1/authentication/fido2Methods" => {
                let method =
                    json!({"id": "M1", "displayName": "YubiKey 1", "aaGuid": "G", "attestationLevel": "attested"});
                json!({"value": if self.method_registered { vec![method] } else { Vec::new() }})
            }
            "DELETE /v1.0/users/a1/authentication/fido2Methods/M1" => {
                self.method_registered = false;
                return (204, Value::Null);
            }
            "GET /control/keys/31415926" => json!({"retries_left": self.retries}),
            "POST /control/keys/31415926/assertion" => return self.use_key(&body["pin"], json!({"id": "QQ"})),
            "POST /control/keys/31415926/plug-in" => {
                let credential = json!({
                    "credentialId": "QQ", "isResidentCredential": true, "rpId": "localhost", "privateKey": "-_8",
                    "userHandle": "dTE", "signCount": 1,
                });
                return self.use_key(&body["pin"], json!({"credentials": [credential]}));
            }
            call if call.contains(" /session") => return self.drive(call, body),
            "POST /control/keys/31415926/pin" => {
                body["new"].as_str().unwrap().clone_into(&mut self.key_pin);
                self.key_demands_change = false;
                json!({})
            }
            "POST /signin/options" => json!({"challenge": "AA", "rpId": "localhost"}),
            "POST /signin/verify" if self.method_registered => {
                json!({"user": "Ada", "user_id": self.signs_in, "upn": "ada@x.example", "method_id": "M1"})
            }
            "POST /signin/verify" => return (403, json!({"error": "refused", "reason": "no such passkey"})),
            other => return (404, json!({"error": format!("the fake does not support {other}")})),
        };
        (200, answer)
    }

    fn details(&self) -> Value {
        let credential = json!({"credential_id": "QQ", "aaguid": "G", "method_id": "M1", "display_name": "YubiKey 1"});
        json!({
            "id": "O1", "shipment_id": "S1", "phase": "accepted", "deadline": "2026-01-01T00:00:00Z",
            "obstacle": self.obstacle.map(|class| json!({"class": class})),
            "tracking": {"carrier": "FEDEX", "number": "T1"}, "completed_by": "processing",
            "keys": [{
                "serial_number": self.serial_at_connector, "firmware_version": "5.7.4", "credentials": [credential],
            }],
            "history": [{"event": "completed", "detail": "the PIN went out"}],
        })
    }

    fn parcel(&self) -> Value {
        let made = (self.state_id >= 100).then_some(SERIAL);
        json!({
            "state_id": self.state_id, "message": null, "product": "YubiKey 5 NFC", "serial_number": made,
            "firmware_version": "5.7.4", "aaguid": "G", "credential_id": "QQ", "carrier": "FEDEX",
            "tracking_number": "T1",
        })
    }

    fn mailbox(&self) -> Value {
        let mail =
            |id: u64, text: String| json!({"id": id, "via": "smtp", "to": [self.mail_to], "text": text, "html": null});
        let mut mails = vec![mail(1, format!("an older mail about {SERIAL}\nPIN: 11111112"))];
        if self.mails && self.ordered {
            mails.push(mail(2, format!("Key: {SERIAL}\nPIN: {PIN}")));
        }
        json!(mails)
    }

    fn use_key(&mut self, pin: &Value, answer: Value) -> (u16, Value) {
        if !self.key_takes_any_pin && *pin != json!(self.key_pin) {
            self.retries -= 1;
            return (403, json!({"error": "pin_incorrect", "retries_left": self.retries}));
        }
        self.retries = 8;
        if self.key_demands_change {
            return (403, json!({"error": "pin_change_required"}));
        }
        (200, answer)
    }
}

fn world(base: &str, rp_id: &str) -> Value {
    json!({
        "token_endpoint": format!("{base}/token"), "signin": "http://localhost:1/signin", "rp_id": rp_id,
        "apps": [{"client_id": "0c0ffee0-0000-4000-8000-000000000005", "client_secret": "auditor-secret"}],
        "users": [
            {
                "id": "a1", "upn": "ada@x.example", "display_name": "Ada Lovelace", "mail": "ada@x.example",
                "manager": "a2",
            },
            {"id": "a2", "upn": "grace@x.example", "display_name": "Grace Hopper", "mail": GRACE, "manager": null},
        ],
    })
}
