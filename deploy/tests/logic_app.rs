//! Static checks and runs of the Logic App's definition, and checks that each check finds its defect. Runs with the
//! connector: `crates/keyferry/tests/azure`.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

#[path = "logic_app/own_address.rs"]
mod own_address;

use std::sync::Mutex;

use async_trait::async_trait;
use keyferry_deploy::arm::{Cloud, Template};
use keyferry_deploy::logic_app::{self, Outcome, Outside, Request, Status, findings};
use serde_json::{Value, json};

/// Returns the deployed workflow: definition and parameters.
fn workflow() -> Value {
    workflow_from("")
}

/// Returns the workflow that sends from this mailbox by Graph, or by Office 365 if it is empty.
fn workflow_from(mailbox: &str) -> Value {
    let given = json!({
        "KeyVault_Resource_Name": "contoso-keys",
        "Container_App_Name": "keys",
        "Container_Registry_Name": "registry.contoso.example",
        "Container_Image_Name_Tag": "keyferry:0.1.0",
        "FIDO_Connector_Client_Id": "0c0ffee0-0000-4000-8000-000000000001",
        "FIDO_Connector_Allowed_Audiences": ["api://fido-connector-api.contoso.onmicrosoft.com"],
        "FIDO_Connector_Allowed_Client_Apps": ["0c0ffee0-0000-4000-8000-000000000002"],
        "Storage_Account_Resource_Name": "contosokeys",
        "MS_Graph_Endpoint": "https://graph.example",
        "pinSenderMailbox": mailbox,
    });
    let template = Template::new(keyferry_deploy::json("azure/azuredeploy.json"));
    let deployment = template.deploy(&given, &Cloud::global()).unwrap_or_else(|findings| panic!("{findings:?}"));
    deployment.only("Microsoft.Logic/workflows").body["properties"].clone()
}

fn actions(workflow: &mut Value) -> &mut Value {
    &mut workflow["definition"]["actions"]
}

const LOOK_UP: &str = "HTTP_-_Get_User_Manager_Details";
const MAIL: &str = "Send_an_email_(V2)";

#[test]
fn definition_has_no_defects() {
    let by_graph = workflow_from("keys@contoso.example");
    assert_eq!(findings(&by_graph["definition"], &by_graph["parameters"]), [""; 0]);
    let workflow = workflow();
    assert_eq!(findings(&workflow["definition"], &workflow["parameters"]), [""; 0]);
    // Section 7.1.3 of the guide refers operators to the outputs of this action for the manager's address.
    let look_up = &workflow["definition"]["actions"]["Without_contacts_the_manager"]["actions"][LOOK_UP];
    assert!(look_up["runtimeConfiguration"].is_null(), "its outputs must be readable in the run history");
    let connection = &workflow["parameters"]["$connections"]["value"]["office365"]["connectionId"];
    assert!(connection.as_str().unwrap().ends_with("/Microsoft.Web/connections/office365"), "{connection}");
}

type Change = fn(&mut Value);

#[test]
fn finds_every_planted_defect() {
    let cases: &[(&str, Change, &str)] = &[
        (
            "an unknown action",
            |all| {
                let set = &mut actions(all)["Without_contacts_the_manager"]["actions"]["Take_the_managers_address"];
                set["inputs"]["value"] = json!("@{body('HTTP_Get_Manager')?['mail']}");
            },
            "refers to body('HTTP_Get_Manager'), which does not exist",
        ),
        (
            "an unknown variable",
            |all| {
                actions(all)["Person"]["inputs"] = json!("@variables('person')");
            },
            "refers to variables('person'), which does not exist",
        ),
        (
            "an unknown parameter",
            |all| {
                actions(all)["Person"]["inputs"] = json!("@parameters('graph')");
            },
            "refers to parameters('graph'), which does not exist",
        ),
        (
            "a parameter without a value",
            |all| drop(all["parameters"].as_object_mut().unwrap().remove("graphEndpoint")),
            "parameter graphEndpoint has no value",
        ),
        (
            "a value of an undeclared parameter",
            |all| all["parameters"]["graph"] = json!({ "value": "" }),
            "parameter graph is given but not declared",
        ),
        (
            "an unterminated expression",
            |all| {
                actions(all)["Person"]["inputs"] = json!("@{triggerBody()?['user_id']");
            },
            "expected `}`",
        ),
        (
            "an impossible order of actions",
            |all| {
                actions(all)["Person"]["runAfter"] = json!({ MAIL: ["Succeeded"] });
            },
            "Person runs after Send_an_email_(V2), which is not in the same list",
        ),
        (
            "an unknown status",
            |all| {
                actions(all)["Person"]["runAfter"] = json!({ "HTTP_-_Get_User_Details": ["Success"] });
            },
            "with status Success, which does not exist",
        ),
        (
            "a trigger that shows the PIN",
            |all| {
                drop(all["definition"]["triggers"]["manual"].as_object_mut().unwrap().remove("runtimeConfiguration"));
            },
            "trigger manual: the outputs contain the PIN but are not secured",
        ),
        (
            "a mail that shows the PIN",
            |all| {
                let mail = &mut actions(all)["If_the_addressee_is_another_person"]["actions"][MAIL];
                mail["runtimeConfiguration"]["secureData"]["properties"] = json!(["outputs"]);
            },
            "Send_an_email_(V2) receives the PIN, but its inputs and outputs are not both secured",
        ),
        (
            "the whole body in another action",
            |all| {
                actions(all)["Person"]["inputs"] = json!({ "seen": "@triggerBody()" });
            },
            "Person receives the PIN",
        ),
        (
            "no Response action",
            |all| {
                let all = actions(all).as_object_mut().unwrap();
                all.retain(|name, _| !name.starts_with("Answer"));
                let inner = all["If_the_addressee_is_another_person"].as_object_mut().unwrap();
                inner["actions"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("Answer"));
                drop(inner.remove("else"));
            },
            "no Response action: the trigger would answer 202",
        ),
        (
            "an item outside of an array",
            |all| {
                actions(all)["Person"]["inputs"] = json!("@item()");
            },
            "Person uses item(), but runs no expression for each item",
        ),
        (
            "an item in the source of an array",
            |all| {
                actions(all)["Own_addresses"]["inputs"]["from"] = json!("@createArray(item())");
            },
            "Own_addresses uses item(), but runs no expression for each item",
        ),
        (
            "a duplicate name",
            |all| {
                let person = actions(all)["Person"].clone();
                actions(all)["If_the_addressee_is_another_person"]["actions"]["Person"] = person;
            },
            "two actions have the name Person",
        ),
    ];
    for (defect, change, expected) in cases {
        let mut workflow = workflow();
        change(&mut workflow);
        let found = findings(&workflow["definition"], &workflow["parameters"]).join("\n");
        assert!(found.contains(expected), "{defect}: {found}");
    }
}

/// Test double of the external systems: returns the given answers in order, and records the requests.
struct Script(Mutex<Vec<(u16, Value)>>, Mutex<Vec<Request>>);

#[async_trait]
impl Outside for Script {
    async fn http(&self, request: Request) -> (u16, Value) {
        self.1.lock().unwrap().push(request);
        self.0.lock().unwrap().remove(0)
    }

    async fn connection(&self, request: Request) -> (u16, Value) {
        self.http(request).await
    }
}

async fn run(workflow: &Value, body: Value, answers: &[(u16, Value)]) -> (Outcome, Vec<Request>) {
    let script = Script(Mutex::new(answers.to_vec()), Mutex::default());
    let outcome = logic_app::run(&workflow["definition"], &workflow["parameters"], body, &script).await.unwrap();
    (outcome, script.1.into_inner().unwrap())
}

fn body() -> Value {
    json!({ "user_id": "o'brien#test@contoso.example", "serial_number": "20123456", "pin": "482137" })
}

#[tokio::test]
async fn names_and_addresses_are_escaped() {
    let answers = [
        (200, json!({ "displayName": "<b>Bobby</b> & Co" })),
        (200, json!({ "mail": "boss@contoso.example" })),
        (200, Value::Null),
    ];
    let (outcome, calls) = run(&workflow(), body(), &answers).await;
    assert_eq!(outcome.response, Some((200, json!({ "sent": true }))));
    let encoded = "https://graph.example/v1.0/users/o%27brien%23test%40contoso.example";
    let addresses = "displayName,mail,userPrincipalName,otherMails,proxyAddresses";
    assert_eq!(calls[0].uri, format!("{encoded}?$select={addresses}"));
    assert_eq!(calls[1].uri, format!("{encoded}/manager?$select=displayName,mail"));
    let html = calls[2].body["Body"].as_str().unwrap();
    assert!(html.contains("&lt;b>Bobby&lt;/b> &amp; Co") && html.contains("482137"), "{html}");
}

/// The directory accepts any characters in names. An override would show the rest of the mail in another order.
#[tokio::test]
async fn names_hide_and_reorder_nothing() {
    let reordering = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
    let name: String = reordering.chain(['\u{200b}', '\u{feff}']).flat_map(|c| [c, 'x']).collect();
    let named = json!({ "displayName": format!("{name}(שרה\u{200f})") });
    let manager = json!({ "mail": "boss@contoso.example" });
    let mail_by_office = [(200, named.clone()), (200, manager.clone()), (200, Value::Null)];
    let (outcome, calls) = run(&workflow(), body(), &mail_by_office).await;
    assert_eq!(outcome.response, Some((200, json!({ "sent": true }))));
    let office = [&calls[2].body["Subject"], &calls[2].body["Body"]];
    let mail_by_graph = [(200, named), (200, manager), (202, Value::Null)];
    let (outcome, calls) = run(&workflow_from("keys@contoso.example"), body(), &mail_by_graph).await;
    assert_eq!(outcome.response, Some((200, json!({ "sent": true }))));
    let message = &calls[2].body["message"];
    for text in office.into_iter().chain([&message["subject"], &message["body"]["content"]]) {
        let text = text.as_str().unwrap();
        assert!(text.contains("xxxxxxxxxxx(שרה\u{200f})"), "{text:?}");
    }
}

/// The Office 365 connection has no switch for it.
#[tokio::test]
async fn mail_by_graph_leaves_no_copy_in_sent_items() {
    let workflow = workflow_from("keys+pins@contoso.example");
    let mut body = body();
    body["contacts"] = json!(["desk@contoso.example", "it\"\\u0078@contoso.example"]);
    let answers = [(200, json!({ "displayName": "Ada" })), (202, Value::Null)];
    let (outcome, calls) = run(&workflow, body.clone(), &answers).await;
    assert_eq!(outcome.response, Some((200, json!({ "sent": true }))));
    let mail = &calls[1];
    assert_eq!(mail.method, "POST");
    assert_eq!(mail.uri, "https://graph.example/v1.0/users/keys%2Bpins%40contoso.example/sendMail");
    assert_eq!(mail.audience.as_deref(), Some("https://graph.example"));
    assert_eq!(mail.body["saveToSentItems"], false);
    // Neither a quote nor an escape sequence can add or change an addressee.
    let address = |address: &str| json!({ "emailAddress": { "address": address } });
    let addressees = json!([address("desk@contoso.example"), address("it\"\\u0078@contoso.example")]);
    assert_eq!(mail.body["message"]["toRecipients"], addressees);
    assert_eq!(mail.body["message"]["body"]["contentType"], "HTML");
    assert!(mail.body["message"]["body"]["content"].as_str().unwrap().contains("482137"));

    // A refused mail has the same outcome as with Office 365.
    let answers = [(200, json!({ "displayName": "Ada" })), (403, Value::Null)];
    let (outcome, _) = run(&workflow, body, &answers).await;
    let (status, error) = outcome.response.unwrap();
    assert_eq!((status, error["error"]["code"].as_str()), (502, Some("MailConnectionRefused")));
    assert!(error["error"]["message"].as_str().unwrap().contains("grant Mail.Send"), "{error}");
}

#[tokio::test]
async fn trigger_rejects_body_that_violates_the_schema() {
    for (invalid, expected) in [
        (json!({ "user_id": "", "serial_number": "1", "pin": "1" }), "body.user_id is shorter than 1"),
        (json!({ "user_id": "a", "serial_number": "1" }), "body has no pin"),
        (json!({ "user_id": "a", "serial_number": 1, "pin": "1" }), "body.serial_number must be of type \"string\""),
        (
            json!({ "user_id": "a", "serial_number": "1", "pin": "1", "contacts": [1] }),
            "body.contacts[] must be of type",
        ),
    ] {
        let (outcome, calls) = run(&workflow(), invalid, &[]).await;
        let (status, answer) = outcome.response.unwrap();
        assert_eq!((status, outcome.status, calls.len()), (400, None, 0));
        assert!(answer["error"]["message"].as_str().unwrap().contains(expected), "{answer}");
    }
}

#[tokio::test]
async fn caller_gets_an_answer_for_every_failure() {
    for failing in 0..3 {
        let fine = [
            (200, json!({ "displayName": "Ada" })),
            (200, json!({ "mail": "boss@contoso.example" })),
            (200, json!({})),
        ];
        for status in [400, 401, 403, 404, 429, 500, 503] {
            let mut answers = fine.clone();
            answers[failing] = (status, Value::Null);
            let (outcome, calls) = run(&workflow(), body(), &answers).await;
            let (answered, error) = outcome.response.unwrap();
            if failing == 0 {
                // Not an error: without the display name, the mail uses the user name.
                assert_eq!((answered, calls.len()), (200, 3));
                assert!(calls[2].body["Subject"].as_str().unwrap().ends_with("o'brien#test@contoso.example"));
            } else {
                assert_eq!((answered, outcome.status), (502, Some(Status::Failed)), "{failing} {status}");
                assert_eq!(outcome.error.unwrap()["code"], error["error"]["code"]);
                assert!(!error.to_string().contains("482137"));
            }
        }
    }
}
