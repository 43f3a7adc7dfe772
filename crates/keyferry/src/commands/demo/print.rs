//! What the demo prints when it is ready.

use std::process::ExitCode;

use keyferry_http::{Client, ClientOptions, UrlExt as _};
use keyferry_sandbox::RunningSandbox;
use serde::{Deserialize, Serialize};
use url::Url;

use super::follow::Places;
use super::world::{AUDIENCE, CLIENT_ID, CLIENT_SECRET, TENANT, USER_PASSWORD};
use crate::commands::{fail, print};
use crate::wiring::Connector;

/// Application of the demo that calls the connector.
pub(in crate::commands) struct DemoClient {
    pub(in crate::commands) tenant: &'static str,
    pub(in crate::commands) id: &'static str,
    pub(in crate::commands) secret: &'static str,
    pub(in crate::commands) scope: String,
    pub(in crate::commands) token_url: Url,
}

/// Returns the application of the demo with this sandbox, for `keyferry login --demo`.
pub(in crate::commands) fn client(sandbox: &Url) -> Result<DemoClient, String> {
    let token_url = sandbox.join_segments([TENANT, "oauth2", "v2.0", "token"]).map_err(|error| error.to_string())?;
    Ok(DemoClient { tenant: TENANT, id: CLIENT_ID, secret: CLIENT_SECRET, scope: scope(), token_url })
}

/// First line of output with `--json`.
#[derive(Serialize)]
struct Announcement {
    console: Option<String>,
    api: String,
    probes: String,
    sandbox: String,
    token_url: String,
    client_id: &'static str,
    client_secret: &'static str,
    scope: String,
    users: Vec<User>,
    mailbox: String,
    pid: u32,
}

/// User, as returned by the sandbox's control API.
#[derive(Serialize, Deserialize)]
struct User {
    upn: String,
    id: String,
    manager: Option<String>,
}

#[derive(Deserialize)]
struct World {
    users: Vec<User>,
}

pub(super) async fn json(connector: &Connector, sandbox: &RunningSandbox) -> ExitCode {
    let users = match users(sandbox).await {
        Ok(users) => users,
        Err(error) => return fail(&format!("could not read the sandbox's users: {error}")),
    };
    let announcement = Announcement {
        console: connector.console().map(str::to_owned),
        api: format!("http://{}", connector.api()),
        probes: format!("http://{}", connector.probes()),
        sandbox: base(sandbox),
        token_url: token_url(sandbox),
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        scope: scope(),
        users,
        mailbox: format!("{}/mailbox", base(sandbox)),
        pid: std::process::id(),
    };
    match serde_json::to_string(&announcement) {
        Ok(line) => print(&format!("{line}\n")),
        Err(error) => fail(&error.to_string()),
    }
}

async fn users(sandbox: &RunningSandbox) -> Result<Vec<User>, String> {
    let http = Client::new(ClientOptions::default()).map_err(|error| error.to_string())?;
    let url = sandbox.base_url().join_segments(["control", "world"]).map_err(|error| error.to_string())?;
    let answer = http.get(&url).send().await.map_err(|error| error.to_string())?;
    answer.json::<World>().map(|world| world.users).map_err(|error| error.to_string())
}

/// Returns the addresses for the follower's output.
pub(super) fn places(connector: &Connector, sandbox: &RunningSandbox) -> Places {
    Places {
        mailbox: format!("{}/mailbox", base(sandbox)),
        sign_in: sandbox.sign_in_page().to_string(),
        shipments: format!("http://{}/v1/shipments", connector.api()),
    }
}

/// Returns the demo's addresses and the commands to paste.
pub(super) fn commands(connector: &Connector, sandbox: &RunningSandbox) -> String {
    let sign_in = sandbox.sign_in_page();
    let console = console(connector);
    let (api, probes, sandbox, token_url, scope) =
        (connector.api(), connector.probes(), base(sandbox), token_url(sandbox), scope());
    format!(
        r#"The demo is running: the connector, and a sandbox in place of Entra ID, Microsoft Graph, the delivery service
and the key factory.

{console}  API           http://{api}    (OpenAPI document: http://{api}/openapi.json)
  probes        http://{probes}/livez and /readyz
  sandbox       {sandbox}/
  mailbox       {sandbox}/mailbox
  sign-in page  {sign_in}

1. Get an access token (integration guide, section 7):

TOKEN=$(curl -s {token_url} \
  -d grant_type=client_credentials -d client_id={CLIENT_ID} \
  -d client_secret={CLIENT_SECRET} -d scope={scope} \
  | sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p')

2. Order a key for Ada Lovelace:

curl -s http://{api}/v1/fpr/shipments -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{
  "user_id": "ada.lovelace@{TENANT}",
  "pin_request": {{ "type": "generate", "length": 8 }},
  "yubico_shipment_request": {{
    "recipient": {{
      "recipient_company": "Contoso", "recipient_email": "ada.lovelace@{TENANT}",
      "recipient_firstname": "Ada", "recipient_lastname": "Lovelace", "recipient_telephone": "5555555555"
    }},
    "mailing_address": {{
      "street_line1": "1 Analytical Way", "city": "Palo Alto", "region": "CA",
      "postal_code": "94301", "country_code_2": "US"
    }},
    "shipment_items": [
      {{ "product_id": 1, "inventory_product_id": 106, "product_quantity": 1, "customization_id": "CUSTID" }}
    ]
  }}
}}'

3. Get its state, with the shipment_id of the answer:

curl -s http://{api}/v1/fpr/shipments/SHIPMENT_ID -H "Authorization: Bearer $TOKEN"

This terminal shows what happens to the order. Enter prints these commands again. Ctrl-C stops the demo.

"#
    )
}

/// Returns the address of the console, and who can sign in.
fn console(connector: &Connector) -> String {
    let Some(console) = connector.console() else { return String::new() };
    format!(
        "  console       {console}\n                Sign in with the password {USER_PASSWORD} as\n                \
         grace.hopper@{TENANT} (all roles), jürgen.weiß@{TENANT} (orders, decides),\n                \
         alan.turing@{TENANT} (reads, audits) or ada.lovelace@{TENANT} (no role).\n\n"
    )
}

fn base(sandbox: &RunningSandbox) -> String {
    sandbox.base_url().as_str().trim_end_matches('/').to_owned()
}

pub(super) fn token_url(sandbox: &RunningSandbox) -> String {
    format!("{}/{TENANT}/oauth2/v2.0/token", base(sandbox))
}

pub(super) fn scope() -> String {
    format!("{AUDIENCE}/.default")
}
