//! Runs what the template deploys: its settings start a connector, and its Logic App sends the PIN.
//!
//! Our interpreter runs the Logic App's definition against the sandbox's Graph. Mails of the Office 365 connection are
//! recorded, not sent.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode as HttpStatus};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router, routing};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_deploy::arm::{Cloud, Deployment, Template};
use keyferry_deploy::logic_app::{self, Outcome, Outside, Request, Status};
use serde_json::{Value, json};

use super::place::Place;
use super::support::{Connector, KEYFERRY};
use keyferry_proof_support::{ADA, ADA_ID, AUDIENCE, GRAPH, Sandbox, TEST_CLIENT, order_for};

/// Identities in the sandbox's tenant: one may read users, the other may not.
const READER: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000001", "sandbox-connector-secret");
const NO_READER: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000004", "sandbox-guide-connector-secret");

/// Returns the deployment, with the sandbox as login service and Graph.
fn deployment(sandbox: &str, authentication: &str) -> Deployment {
    let given = json!({
        "YED_API_TOKEN": "sandbox-delivery-token",
        "KeyVault_Resource_Name": "contoso-keys",
        "Container_App_Name": "keys",
        "Container_Registry_Name": "registry.contoso.example",
        "Container_Image_Name_Tag": "keyferry:0.1.0",
        "FIDO_Connector_Client_Id": READER.0,
        "FIDO_Connector_Client_Secret": READER.1,
        "FIDO_Connector_Allowed_Audiences": [AUDIENCE],
        "FIDO_Connector_Allowed_Client_Apps": [TEST_CLIENT.0],
        "Storage_Account_Resource_Name": "contosokeys",
        "MS_Login_Online_Endpoint": sandbox,
        "MS_Graph_Endpoint": sandbox,
        "sendPinAuthentication": authentication,
        "additionalSettings": [{ "name": "CRON_PROCESS_SHIPMENT_SCHEDULE", "value": "-" }],
    });
    let template = Template::new(keyferry_deploy::json("azure/azuredeploy.json"));
    template.deploy(&given, &Cloud::global()).unwrap_or_else(|findings| panic!("{}", findings.join("\n")))
}

/// The deployed Logic App as an HTTP server.
struct LogicApp {
    definition: Value,
    parameters: Value,
    /// Claims of the policies of the trigger. Empty: it needs the signature.
    policies: Vec<Value>,
    sandbox: String,
    identity: Mutex<(&'static str, &'static str)>,
    /// Status that the mail connection returns.
    mail: AtomicU16,
    mails: Mutex<Vec<Value>>,
    runs: Mutex<Vec<Outcome>>,
}

impl LogicApp {
    /// Starts the Logic App. Returns it and its URL.
    async fn start(sandbox: &str, authentication: &str) -> (Arc<Self>, String) {
        let deployment = deployment(sandbox, authentication);
        let workflow = &deployment.only("Microsoft.Logic/workflows").body["properties"];
        let policies = workflow["accessControl"]["triggers"]["openAuthenticationPolicies"]["policies"].as_object();
        let policies = policies.into_iter().flatten().map(|(_, policy)| policy["claims"].clone()).collect();
        let app = Arc::new(Self {
            policies,
            definition: workflow["definition"].clone(),
            parameters: workflow["parameters"].clone(),
            sandbox: sandbox.to_owned(),
            identity: Mutex::new(READER),
            mail: AtomicU16::new(200),
            mails: Mutex::default(),
            runs: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url =
            format!("http://{}/workflows/7/triggers/manual/paths/invoke?sig=signed", listener.local_addr().unwrap());
        let router = Router::new().fallback(routing::post(Self::invoke)).with_state(app.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (app, url)
    }

    /// Returns whether the trigger accepts a call: with the signature, or with a token that a policy accepts, but not
    /// with both. The id of the identity is known only in a real deployment.
    fn accepts(&self, query: &str, headers: &HeaderMap) -> bool {
        let signed = query.contains("sig=");
        let token = headers.get("authorization").and_then(|value| value.to_str().unwrap().strip_prefix("Bearer "));
        let Some(token) = token else { return signed && self.policies.is_empty() };
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let holds = |claim: &Value| claim["name"] == "oid" || claims[claim["name"].as_str().unwrap()] == claim["value"];
        !signed && self.policies.iter().any(|policy| policy.as_array().unwrap().iter().all(holds))
    }

    async fn invoke(
        State(app): State<Arc<Self>>,
        RawQuery(query): RawQuery,
        headers: HeaderMap,
        Json(body): Json<Value>,
    ) -> Response {
        if !app.accepts(&query.unwrap_or_default(), &headers) {
            return HttpStatus::FORBIDDEN.into_response();
        }
        let outcome = logic_app::run(&app.definition, &app.parameters, body, &*app).await.unwrap();
        let (status, body) = outcome.response.clone().unwrap_or((504, Value::Null));
        app.runs.lock().unwrap().push(outcome);
        (HttpStatus::from_u16(status).unwrap(), Json(body)).into_response()
    }

    /// Asserts that a run since the last call ended with this status and error code, and with these statuses of its two
    /// external actions. There may be other runs, because waiting shipments are retried.
    #[track_caller]
    fn ran(&self, status: Status, code: &str, actions: [Status; 2]) {
        let runs = std::mem::take(&mut *self.runs.lock().unwrap());
        let shown: Vec<_> = runs
            .iter()
            .map(|run| {
                let code = run.error.as_ref().map_or("", |error| error["code"].as_str().unwrap());
                let actions = ["HTTP_-_Get_User_Manager_Details", "Send_an_email_(V2)"].map(|name| run.actions[name]);
                (run.status, code, actions)
            })
            .collect();
        assert!(shown.contains(&(Some(status), code, actions)), "{shown:?}");
    }

    fn addressees(&self) -> Vec<String> {
        self.mails.lock().unwrap().iter().map(|mail| mail["To"].as_str().unwrap().to_owned()).collect()
    }
}

#[async_trait]
impl Outside for LogicApp {
    async fn http(&self, request: Request) -> (u16, Value) {
        assert_eq!((request.method.as_str(), request.audience.as_deref()), ("GET", Some(self.sandbox.as_str())));
        let (id, secret) = *self.identity.lock().unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
            ("scope", &format!("{GRAPH}/.default")),
        ];
        let http = reqwest::Client::new();
        let url = format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", self.sandbox);
        let token: Value = http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        let token = token["access_token"].as_str().unwrap();
        let answer = http.get(request.uri).bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn connection(&self, request: Request) -> (u16, Value) {
        assert_eq!((request.method.as_str(), request.uri.as_str()), ("post", "/v2/Mail"));
        let status = self.mail.load(Ordering::SeqCst);
        if status == 200 {
            self.mails.lock().unwrap().push(request.body);
        }
        (status, json!({ "error": { "code": "Refused" } }))
    }
}

/// Returns the names on the reference page in upper case.
fn known_settings() -> BTreeSet<String> {
    let page = include_str!("../../../../docs/reference/settings.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("### `")?.split_once('`'));
    rows.map(|(name, _)| name.to_uppercase()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn template_settings_start_a_working_connector() {
    let Some(place) = Place::new().await else { return };
    let deployment = deployment(&place.sandbox.base, "entra");
    let (app, url) = LogicApp::start(&place.sandbox.base, "entra").await;
    for secret in deployment.of("Microsoft.KeyVault/vaults/secrets") {
        let name = secret.name.rsplit('/').next().unwrap();
        place.set_secret(name, secret.body["properties"]["value"].as_str().unwrap()).await;
    }
    let container = &deployment.only("Microsoft.App/containerApps").body["properties"]["template"]["containers"][0];
    let known = known_settings();
    assert!(known.len() > 50, "{known:?}");
    // Settings with other values in the sandbox, and names that parallel tests must not share.
    let elsewhere = [
        "AZURE_CLIENT_ID",
        "AZURE_TABLES_ENDPOINT",
        "AZURE_KEY_VAULT_ENDPOINT",
        "KEYFERRY_CREDENTIAL_VAULT_ENDPOINT",
        "AZURE_TABLES_SHIPMENTS_TABLE_NAME",
    ];
    let mut settings = vec![("SEND_PIN_URL", url.as_str())];
    for one in container["env"].as_array().unwrap() {
        let name = one["name"].as_str().unwrap();
        assert!(known.contains(&name.to_uppercase()), "{name} is not a setting of Keyferry");
        match one["value"].as_str() {
            Some(value) if !elsewhere.contains(&name) => settings.push((name, value)),
            Some(_) => {}
            None => assert_eq!(name, "SEND_PIN_URL"),
        }
    }
    let connector = place.connector(&settings).await;
    let shipment = connector.order(ADA).await;
    connector.complete(&shipment).await;

    app.ran(Status::Succeeded, "", [Status::Succeeded, Status::Succeeded]);
    assert_eq!(app.addressees(), ["grace.hopper@contoso.onmicrosoft.com"]);
    assert_eq!(connector.methods(ADA_ID).await.len(), 1);
}

#[tokio::test]
async fn logic_app_results_lead_to_obstacles_with_remedies() {
    let sandbox = Arc::new(Sandbox::start(KEYFERRY));
    let (app, url) = LogicApp::start(&sandbox.base, "sas").await;
    let dir = Arc::new(tempfile::tempdir().unwrap());
    // With the guide's permissions the connector reads no managers, and with `recipient` it compares no addresses: only
    // the Logic App does.
    let settings = [
        ("SEND_PIN_URL", &*url),
        ("ENTRA_FIDO_API_CLIENT_ID", NO_READER.0),
        ("ENTRA_FIDO_API_CLIENT_SECRET", NO_READER.1),
        ("KEYFERRY_PIN_ADDRESSEES", "contacts,manager,recipient"),
    ];
    let connector = Connector::at(sandbox, dir, &settings).await;
    let registered = async |order: &Value| {
        let answer = connector.create(order).await;
        let shipment = answer.body["data"]["shipment_id"].as_str().unwrap().to_owned();
        connector.parcel_to(&shipment, 103).await;
        connector.process().await;
        (connector.status(&shipment).await, shipment)
    };
    let says = |shown: &Value, words: &[&str]| {
        assert_eq!(shown["shipment_state"], "ongoing", "{shown}");
        let message = shown["error_message"].as_str().unwrap();
        words.iter().for_each(|word| assert!(message.contains(word), "{word} is not in {message}"));
    };
    use Status::{Failed, Skipped, Succeeded};

    // The manager is found.
    let (shown, _) = registered(&order_for(ADA)).await;
    assert_eq!(shown["shipment_state"], "complete", "{shown}");
    app.ran(Succeeded, "", [Succeeded, Succeeded]);
    assert_eq!(app.addressees(), ["grace.hopper@contoso.onmicrosoft.com"]);
    let html = app.mails.lock().unwrap()[0]["Body"].as_str().unwrap().to_owned();
    let shipment = shown["shipment_id"].as_str().unwrap();
    let key = connector.details(shipment).await["keys"][0]["serial_number"].clone();
    for words in ["Ada Lovelace", key.as_str().unwrap(), shipment] {
        assert!(html.contains(words), "{words} is not in {html}");
    }

    // With contacts, the manager is not looked up.
    let mut order = order_for(ADA);
    order["enrollment_contacts"] =
        json!({ "emails_to": ["desk@contoso.onmicrosoft.com", "it@contoso.onmicrosoft.com"] });
    let (shown, _) = registered(&order).await;
    assert_eq!(shown["shipment_state"], "complete", "{shown}");
    app.ran(Succeeded, "", [Skipped, Succeeded]);
    assert_eq!(app.addressees()[1], "desk@contoso.onmicrosoft.com;it@contoso.onmicrosoft.com");

    // No manager.
    let (shown, _) = registered(&order_for("nomanager@contoso.onmicrosoft.com")).await;
    app.ran(Failed, "Request_ResourceNotFound", [Failed, Skipped]);
    says(&shown, &["has no manager", "Correct it; every run looks it up again"]);

    // A manager without a mail address.
    let (shown, waiting) = registered(&order_for("nomail@contoso.onmicrosoft.com")).await;
    app.ran(Failed, "ManagerWithoutMail", [Succeeded, Skipped]);
    says(&shown, &["no mail address", "Set one, or assign another manager"]);
    let boss = "/users/a1000000-0000-4000-8000-000000000005";
    connector.control(reqwest::Method::PATCH, boss, &json!({ "mail": "boss@contoso.onmicrosoft.com" })).await;
    connector.process().await;
    assert_eq!(connector.status(&waiting).await["shipment_state"], "complete");
    assert_eq!(app.addressees()[2..], ["boss@contoso.onmicrosoft.com"]);

    // The manager has the holder's own mailbox.
    connector.control(reqwest::Method::PATCH, boss, &json!({ "mail": "NoMail@contoso.onmicrosoft.com" })).await;
    let (shown, waiting) = registered(&order_for("nomail@contoso.onmicrosoft.com")).await;
    app.ran(Failed, "ManagerIsUser", [Succeeded, Skipped]);
    says(&shown, &["(NoMail@contoso.onmicrosoft.com) is one of the addresses of the user", "Assign another manager"]);
    connector.control(reqwest::Method::PATCH, boss, &json!({ "mail": "boss@contoso.onmicrosoft.com" })).await;
    connector.process_until(&waiting, "its end", |details| details["shipment_state"] == "complete").await;

    // A contact is the holder's own mailbox. The order names the holder by object id.
    let mut order = order_for(ADA_ID);
    order["enrollment_contacts"] =
        json!({ "emails_to": ["desk@contoso.onmicrosoft.com", "Ada.Lovelace+keys@contoso.onmicrosoft.com"] });
    let sent = app.addressees();
    let (shown, _) = registered(&order).await;
    app.ran(Failed, "ContactIsUser", [Skipped, Skipped]);
    says(&shown, &["(Ada.Lovelace+keys@contoso.onmicrosoft.com) is one of the addresses", "with other contacts"]);
    assert_eq!(app.addressees(), sent);

    // The connection has no consent.
    app.mail.store(401, Ordering::SeqCst);
    let (shown, waiting) = registered(&order_for(ADA)).await;
    app.ran(Failed, "MailConnectionRefused", [Succeeded, Failed]);
    says(&shown, &["Office 365 answered 401", "Authorise its Office 365 connection"]);
    app.mail.store(200, Ordering::SeqCst);
    connector.process_until(&waiting, "its end", |details| details["shipment_state"] == "complete").await;

    // The mail service fails.
    app.mail.store(500, Ordering::SeqCst);
    let (shown, _) = registered(&order_for(ADA)).await;
    app.ran(Failed, "MailFailed", [Succeeded, Failed]);
    says(&shown, &["Office 365 answered 500", "next run retries"]);
    app.mail.store(200, Ordering::SeqCst);

    // The Logic App's identity has no role.
    *app.identity.lock().unwrap() = NO_READER;
    let (shown, _) = registered(&order_for(ADA)).await;
    app.ran(Failed, "ManagerLookupRefused", [Failed, Skipped]);
    says(&shown, &["Microsoft Graph answered 403", "Directory Readers"]);

    // No log line contains a PIN.
    let pins: Vec<String> = app.mails.lock().unwrap().iter().map(pin_of).collect();
    let log = connector.log();
    assert!(pins.iter().all(|pin| pin.len() >= 4 && !log.contains(pin.as_str())), "a PIN is in the log");
}

/// Returns the PIN in a mail.
fn pin_of(mail: &Value) -> String {
    let html = mail["Body"].as_str().unwrap();
    let (_, after) = html.split_once("font-size: 22px\"><strong>").unwrap();
    after.split_once('<').unwrap().0.to_owned()
}
