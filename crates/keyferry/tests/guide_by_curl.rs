//! Calls of the guide's sections 7 and 10 with `curl`, and with a Postman collection run by newman. The calls are those
//! of the guide and are stored in `outsiders/api`.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod support;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

use keyferry_outsiders::{artifacts, folder, system, tool};
use keyferry_proof_support::{ADA, ADA_ID, ALAN_ID, TEST_CLIENT};
use serde_json::{Value, json};
use support::Connector;

/// Calls of the guide by section and name, with values for their placeholders.
struct Guide {
    calls: BTreeMap<String, String>,
    values: BTreeMap<&'static str, String>,
    made: RefCell<BTreeSet<String>>,
}

impl Guide {
    fn new(connector: &Connector) -> Self {
        let text = std::fs::read_to_string(folder().join("api").join("guide.curl")).unwrap();
        let calls = text.split("\n## ").skip(1).map(|block| {
            let (name, command) = block.split_once('\n').unwrap();
            (name.to_owned(), command.to_owned())
        });
        let values = [
            // Only the hosts differ from the guide's.
            ("https://login.microsoftonline.com", connector.world.as_str()),
            ("https://{url of your container app}", connector.api.as_str()),
            ("{your azure tenant domain}", "contoso.onmicrosoft.com"),
            ("{verified domain name}", "contoso.onmicrosoft.com"),
            ("{client id}", TEST_CLIENT.0),
            ("{client secret}", TEST_CLIENT.1),
            ("{user_id}", ADA_ID),
            ("{Optional ID for the reseller}", ""),
            ("{Company name}", "Contoso"),
            ("{Email address}", "parcel@contoso.onmicrosoft.com"),
            ("{First name}", "Ada"),
            ("{Last name}", "Lovelace"),
            ("{Street address}", "1 Analytical Way"),
            ("{Apt / unit #}", "Apt 2"),
            ("{City}", "Palo Alto"),
            ("{2 char state}", "CA"),
            ("{Postal code}", "94301"),
            ("{2 char country code}", "US"),
            ("{inventory_product_id}", "106"),
        ];
        let values = values.map(|(name, value)| (name, value.to_owned())).into();
        Self { calls: calls.collect(), values, made: RefCell::default() }
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.values.insert(name, value.to_owned());
    }

    /// Runs a call. Returns the status and the unparsed body.
    fn call(&self, name: &str) -> (u16, String) {
        self.made.borrow_mut().insert(name.to_owned());
        let call = self.calls.get(name).unwrap_or_else(|| panic!("{name} is not in the file"));
        let command = self.values.iter().fold(call.clone(), |text, (name, value)| text.replace(name, value));
        assert!(!command.contains("https://"), "a call to an external host: {command}");
        // Run the command in a shell, as a reader would, with a `curl` that also prints the status.
        let shell = format!("curl() {{ command curl -sS -w '\\n%{{http_code}}' \"$@\"; }}\n{command}");
        let output = Command::new("sh").args(["-c", &shell]).output().unwrap();
        assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
        let output = String::from_utf8(output.stdout).unwrap();
        let (body, status) = output.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.to_owned())
    }

    fn json(&self, name: &str, expected: u16) -> Value {
        let (status, body) = self.call(name);
        assert_eq!(status, expected, "{name}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{name}: {error}: {body}"))
    }

    fn nothing(&self, name: &str) {
        assert_eq!(self.call(name), (204, String::new()), "{name}");
    }

    fn order(&self) -> String {
        let created = self.json("10.2 create, by object id or by principal name", 201);
        let shipment = created["data"]["shipment_id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
        assert_eq!(created, json!({ "data": { "shipment_id": shipment } }));
        shipment
    }
}

#[tokio::test]
async fn guide_calls_work_with_curl() {
    if system("curl").is_none() {
        return;
    }
    let connector = Connector::start().await;
    let mut guide = Guide::new(&connector);

    let token = guide.json("7 get an access token", 200);
    assert_eq!(token["token_type"], "Bearer");
    guide.set("{access_token}", token["access_token"].as_str().unwrap());
    let status = guide.json("7 call the API", 200);
    let fields = status.as_object().unwrap();
    assert_eq!(fields.len(), 16);
    assert!(fields.values().all(Value::is_string), "{status}");
    assert_eq!(guide.json("10.1 status", 200), status);
    assert_eq!(guide.json("10.1 without a token", 401)["error_code"], "api_error");

    let by_id = guide.order();
    guide.set("{user_id}", ADA);
    let by_name = guide.order();
    assert_ne!(by_id, by_name);
    assert_eq!(connector.parcels().await.len(), 2);

    for length in ["3", "64"] {
        guide.set("{length}", length);
        assert_eq!(
            guide.json("10.2 create with a PIN length out of range", 400),
            json!({
                "error_code": "api_error",
                "error_message": "PIN `length` must be between 4 and 63",
                "error_data": { "error_type": "validation" }
            })
        );
    }
    guide.set("{Last name}", "Featherstonehaugh-Lovelace");
    assert_eq!(
        guide.json("10.2 create, by object id or by principal name", 400),
        json!({
            "error_code": "ye_error",
            "error_message": "Validation error when creating YED shipment",
            "error_data": {
                "code": "validation_error",
                "field": "yubico_shipment_request.recipient.recipient_lastname",
                "message": "Input for Last Name exceeded limit of 20 characters"
            }
        })
    );
    guide.set("{Last name}", "Lovelace");
    guide.set("{user_id}", "7dc95e2f-5300-4000-8000-000000000001");
    assert_eq!(
        guide.json("10.2 create, by object id or by principal name", 400),
        json!({
            "error_code": "idp_error",
            "error_message": "Could not find user: 7dc95e2f-5300-4000-8000-000000000001"
        })
    );
    assert_eq!(connector.parcels().await.len(), 2);

    guide.set("{shipment_id}", &by_id);
    let get = "10.3 get the state";
    assert_eq!(guide.json(get, 200), json!({ "shipment_id": by_id, "shipment_state": "ongoing" }));
    connector.parcel_to(&by_id, 7).await;
    guide.nothing("10.5 process shipments");
    let held_back = guide.json(get, 200);
    let message = held_back["error_message"].as_str().unwrap_or_else(|| panic!("{held_back}"));
    let with_error = json!({
        "shipment_id": by_id, "shipment_state": "ongoing", "error_kind": "GENERAL", "error_message": message
    });
    assert_eq!(held_back, with_error);
    connector.parcel_to(&by_id, 103).await;
    guide.nothing("10.5 process shipments");
    assert_eq!(guide.json(get, 200), json!({ "shipment_id": by_id, "shipment_state": "complete" }));
    assert_eq!(connector.mails().await.len(), 1);
    guide.nothing("10.4 resend the PIN");
    assert_eq!(connector.mails().await.len(), 2);

    let made = guide.made.into_inner();
    assert!(guide.calls.keys().all(|name| made.contains(name)), "not all calls were made: {made:?}");
}

/// Runs the collection, or one folder of it, with the environment of the previous run. Returns newman's statistics.
async fn newman(connector: &Connector, part: Option<&str>) -> Value {
    let mut newman = tool("newman").unwrap();
    let values = connector.dir.path().join("environment.json");
    let files = folder().join("api");
    if !values.exists() {
        std::fs::copy(files.join("keyferry.postman_environment.json"), &values).unwrap();
    }
    let name = part.unwrap_or("whole").to_lowercase().replace(' ', "-");
    let report = artifacts().join(format!("newman-{name}.json"));
    newman.arg("run").arg(files.join("keyferry.postman_collection.json"));
    if let Some(part) = part {
        newman.args(["--folder", part]);
    }
    newman
        .arg("--environment")
        .arg(&values)
        .args(["--env-var", &format!("login_url={}", connector.world)])
        .args(["--env-var", &format!("base_url={}", connector.api)])
        .args(["--env-var", &format!("user_id={ALAN_ID}")])
        .arg("--export-environment")
        .arg(&values)
        .args(["--reporters", "cli,json", "--reporter-json-export"])
        .arg(&report)
        .args(["--color", "off", "--timeout-request", "30000"]);
    let output = tokio::task::spawn_blocking(move || newman.output().unwrap()).await.unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{name}:\n{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    let stats: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    stats["run"]["stats"].clone()
}

/// Returns the number of requests and assertions. Newman itself fails if an assertion does not hold.
fn ran(stats: &Value) -> (u64, u64) {
    (stats["requests"]["total"].as_u64().unwrap(), stats["assertions"]["total"].as_u64().unwrap())
}

async fn the_only_parcel(connector: &Connector) -> String {
    let parcels = connector.parcels().await;
    let [parcel] = parcels.as_slice() else { panic!("{parcels:#?}") };
    parcel["shipment_id"].as_str().unwrap_or_else(|| panic!("{parcel:#}")).to_owned()
}

#[tokio::test]
async fn postman_collection_works_folder_by_folder() {
    if tool("newman").is_none() {
        return;
    }
    let connector = Connector::start().await;
    assert_eq!(ran(&newman(&connector, Some("Test the deployment")).await), (3, 9));
    assert_eq!(ran(&newman(&connector, Some("Order a key")).await), (5, 10));
    let shipment = the_only_parcel(&connector).await;
    assert_eq!(ran(&newman(&connector, Some("Follow the order")).await), (4, 8));
    connector.parcel_to(&shipment, 103).await;
    assert_eq!(ran(&newman(&connector, Some("After the key has shipped")).await), (4, 8));
    assert_eq!(connector.status(&shipment).await["shipment_state"], "complete");
    assert_eq!(connector.mails().await.len(), 2);
}

#[tokio::test]
async fn postman_collection_waits_for_shipping() {
    if tool("newman").is_none() {
        return;
    }
    let connector = Connector::start().await;
    let ship = async {
        while connector.parcels().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // Long enough that newman finds the shipment ongoing at least once.
        tokio::time::sleep(Duration::from_secs(4)).await;
        let shipment = the_only_parcel(&connector).await;
        connector.parcel_to(&shipment, 103).await;
    };
    let (stats, ()) = tokio::join!(newman(&connector, None), ship);
    let (requests, assertions) = ran(&stats);
    assert!(requests > 16 && assertions >= 35, "{stats}");
    assert_eq!(connector.mails().await.len(), 2);
}
