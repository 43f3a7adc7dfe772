//! The external systems: a sandbox in this process, which survives every kill. The connector reaches it only over HTTP
//! and SMTP.

use keyferry_sandbox::{RunningSandbox, Sandbox, SandboxOptions};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use keyferry_proof_support::{AUDIENCE, TEST_CLIENT};

/// A recipient of keys, and the manager who gets their PINs.
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) id: &'static str,
    pub(crate) manager: &'static str,
    manager_id: &'static str,
}

const GRACE: (&str, &str) = ("grace.hopper@contoso.onmicrosoft.com", "a1000000-0000-4000-8000-000000000002");
const ADA: (&str, &str) = ("ada.lovelace@contoso.onmicrosoft.com", "a1000000-0000-4000-8000-000000000001");
const ALAN: (&str, &str) = ("alan.turing@contoso.onmicrosoft.com", "a1000000-0000-4000-8000-00000000000a");
const BRIAN: (&str, &str) = ("o'brien#test@contoso.onmicrosoft.com", "a1000000-0000-4000-8000-000000000007");
const JUERGEN: (&str, &str) = ("jürgen.weiß@contoso.onmicrosoft.com", "a1000000-0000-4000-8000-000000000009");

const fn person(who: (&'static str, &'static str), manager: (&'static str, &'static str)) -> Person {
    Person { name: who.0, id: who.1, manager: manager.0, manager_id: manager.1 }
}

/// All have different managers, so that a PIN at the wrong addressee is noticed.
pub(crate) const PEOPLE: [Person; 4] =
    [person(ADA, GRACE), person(ALAN, ADA), person(BRIAN, ALAN), person(JUERGEN, BRIAN)];

pub(crate) struct World {
    sandbox: RunningSandbox,
    pub(crate) base: String,
    pub(crate) http: Client,
}

impl World {
    pub(crate) async fn start() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::ephemeral()).await.unwrap();
        let base = sandbox.base_url().as_str().trim_end_matches('/').to_owned();
        // A new connection for each call, so that none belongs to a killed process.
        let http = Client::builder().pool_max_idle_per_host(0).timeout(std::time::Duration::from_secs(60));
        Self { sandbox, base, http: http.build().unwrap() }
    }

    /// Resets the sandbox, and sets the managers of [`PEOPLE`].
    pub(crate) async fn begin(&self) {
        self.control(Method::POST, "/reset", None).await;
        for person in &PEOPLE {
            let change = json!({ "manager": person.manager_id });
            self.control(Method::PATCH, &format!("/users/{}", person.id), Some(&change)).await;
        }
    }

    pub(crate) fn smtp_port(&self) -> u16 {
        self.sandbox.addresses().smtp.port()
    }

    pub(crate) fn attestation_root(&self) -> String {
        self.sandbox.attestation_root_pem()
    }

    pub(crate) fn mail_authority(&self) -> String {
        self.sandbox.ca_pem()
    }

    /// Calls the sandbox. Panics if the call fails.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "the sandbox answered {path} with {status}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        self.ask(method, &format!("/control{path}"), body).await
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let body = self.ask(Method::GET, path, None).await;
        body.as_array().unwrap_or_else(|| panic!("{path}: {body}")).clone()
    }

    pub(crate) async fn parcels(&self) -> Vec<Value> {
        self.list("/control/parcels").await
    }

    /// Returns the delivery service's list of orders, with their addresses.
    pub(crate) async fn listed_orders(&self) -> Vec<Value> {
        let url = format!("{}/delivery/v1/shipments_exact", self.base);
        let answer = self.http.get(url).bearer_auth("sandbox-delivery-token").send().await.unwrap();
        let listed: Value = answer.json().await.unwrap();
        listed["shipments"].as_array().unwrap_or_else(|| panic!("{listed}")).clone()
    }

    pub(crate) async fn methods(&self, user: &str) -> Vec<Value> {
        self.list(&format!("/control/methods/{user}")).await
    }

    pub(crate) async fn mails(&self) -> Vec<Value> {
        self.list("/mailbox/messages").await
    }

    pub(crate) async fn calls(&self) -> Vec<Value> {
        self.list("/control/calls").await
    }

    pub(crate) async fn pin_of(&self, serial: &str) -> String {
        let key = self.control(Method::GET, &format!("/keys/{serial}?reveal=pin"), None).await;
        key["pin"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn set_fault(&self, fault: &Value) {
        self.control(Method::POST, "/faults", Some(fault)).await;
    }

    pub(crate) async fn clear_faults(&self) {
        self.control(Method::DELETE, "/faults", None).await;
    }

    /// Returns an access token for the connector's API.
    pub(crate) async fn token(&self) -> String {
        let (id, secret) = TEST_CLIENT;
        let scope = format!("{AUDIENCE}/.default");
        let form =
            [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret), ("scope", &scope)];
        let url = format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", self.base);
        let answer: Value = self.http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}
