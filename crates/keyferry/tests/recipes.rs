//! The recipes of `docs/how-to/recipes`, as far as they can run outside of the platforms that they are for.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use async_trait::async_trait;
use keyferry_deploy::logic_app::{self, Outcome, Outside, Request, Status};
use keyferry_outsiders::{ask, folder, node, python, system, tool};
use keyferry_proof_support::{ADA, ADA_ID, AUDIENCE, TEST_CLIENT};
use serde_json::{Value, json};
use support::Demo;

fn examples() -> PathBuf {
    folder().with_file_name("examples")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", text(&output));
    text(&output)
}

#[test]
fn servicenow_accepts_only_signed_webhooks_and_stores_each_once() {
    let Some(script) = node("recipes/servicenow_webhook.mjs") else { return };
    let result = ask(script, &json!({ "folder": examples().join("servicenow") }));
    let expected = json!({
        "valid": 204, "repeated": 204, "two_signatures": 204, "rotation": 204,
        "other_secret": 401, "changed_body": 401, "changed_id": 401, "old": 401, "from_the_future": 401,
        "no_signature": 401, "other_version": 401, "without_secret": 401, "not_json": 401,
        // The connector sends it again.
        "not_stored": 500,
    });
    assert_eq!(result["answers"], expected);
    let stored: Vec<&Value> = result["stored"].as_array().unwrap().iter().map(|it| &it["u_webhook_id"]).collect();
    assert_eq!(json!(stored), json!(["msg_1", "msg_11", "msg_12"]));
    assert_eq!(result["stored"][0]["u_type"], "shipment.completed");
}

/// The programs that check the definition are not those that made it.
#[test]
fn power_automate_definition_has_every_operation_and_no_finding() {
    let (Some(interpreter), Some(mut spectral), Some(mut redocly)) =
        (system("python3"), tool("spectral"), tool("redocly"))
    else {
        return;
    };
    let document = folder().with_file_name("docs").join("reference/openapi.json");
    let script = examples().join("power-automate/convert.py");
    let made = Command::new(interpreter).arg(script).arg(&document).arg("keyferry.example").output().unwrap();
    assert!(made.status.success(), "{}", text(&made));
    // The documented limit of Power Platform.
    assert!(made.stdout.len() < 1_000_000, "{}", made.stdout.len());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("apiDefinition.swagger.json");
    std::fs::write(&file, &made.stdout).unwrap();
    spectral.args(["lint", "--fail-severity", "hint", "--ruleset"]).arg(folder().join("api/spectral.yaml"));
    run(spectral.arg(&file));
    redocly.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    redocly.args(["lint", "--extends", "recommended", "--format", "json"]);
    let report: Value = serde_json::from_slice(&redocly.arg(&file).output().unwrap().stdout).unwrap();
    assert_eq!(report["problems"], json!([]));

    let (made, document): (Value, Value) = (
        serde_json::from_slice(&made.stdout).unwrap(),
        serde_json::from_slice(&std::fs::read(document).unwrap()).unwrap(),
    );
    assert_eq!(made["swagger"], "2.0");
    let count = |document: &Value| -> usize {
        document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum()
    };
    assert_eq!(count(&made), count(&document));
    let errors = &made["definitions"]["ErrorBody"]["properties"];
    assert_eq!(errors["error_code"]["enum"], json!(["api_error", "ye_error", "idp_error"]));
    assert!(errors["error_data"]["properties"]["order_may_exist"].is_object(), "{errors:#}");
}

/// Graph by its documentation, and the connector of a demo.
struct Platform<'a> {
    demo: &'a Demo,
    user: Value,
    /// What the workflow reported to the lifecycle workflow.
    reports: Mutex<Vec<(String, Value)>>,
    orders: Mutex<Vec<(u16, Value)>>,
}

#[async_trait]
impl Outside for Platform<'_> {
    async fn http(&self, request: Request) -> (u16, Value) {
        let audience = request.audience.as_deref();
        match (request.method.as_str(), request.uri.strip_prefix("https://graph.microsoft.com/v1.0")) {
            ("GET", Some(path)) if audience == Some("https://graph.microsoft.com") => {
                assert!(path.starts_with(&format!("/users/{ADA_ID}?$select=givenName,surname,")), "{path}");
                (200, self.user.clone())
            }
            ("POST", Some(path)) if audience == Some("https://graph.microsoft.com") => {
                self.reports.lock().unwrap().push((path.to_owned(), request.body));
                (204, Value::Null)
            }
            ("POST", None) if audience == Some(AUDIENCE) => {
                assert_eq!(request.uri, format!("{}/v1/orders", self.demo.api));
                let mut order = self.demo.http.post(request.uri).bearer_auth(&self.demo.token).json(&request.body);
                for (name, value) in request.headers.as_object().unwrap() {
                    if name != "Content-Type" {
                        order = order.header(name, value.as_str().unwrap());
                    }
                }
                let answer = order.send().await.unwrap();
                let answer = (answer.status().as_u16(), answer.json::<Value>().await.unwrap());
                self.orders.lock().unwrap().push(answer.clone());
                answer
            }
            _ => panic!("unexpected call: {request:?}"),
        }
    }

    async fn connection(&self, request: Request) -> (u16, Value) {
        panic!("unexpected call: {request:?}")
    }
}

impl<'a> Platform<'a> {
    fn new(demo: &'a Demo, user: Value) -> Self {
        Self { demo, user, reports: Mutex::default(), orders: Mutex::default() }
    }

    /// Runs the workflow for a task of a lifecycle workflow.
    async fn run(&self, definition: &Value, task: &str) -> Outcome {
        let parameters = json!({ "connector": { "value": self.demo.api } });
        let subject = json!({ "id": ADA_ID, "userPrincipalName": ADA, "displayName": "Ada Lovelace", "email": ADA });
        let callback =
            format!("/identityGovernance/lifecycleWorkflows/workflows/w/tasks/t/taskProcessingResults/{task}/resume");
        let body = json!({
            "source": "sample", "type": "lifecycleEvent",
            "data": { "callbackUriPath": callback, "subject": subject, "taskProcessingResult": { "id": task } },
        });
        logic_app::run(definition, &parameters, body, self).await.unwrap()
    }
}

#[tokio::test]
async fn lifecycle_workflow_orders_a_key_once_and_reports_failures() {
    let definition: Value =
        serde_json::from_slice(&std::fs::read(examples().join("lifecycle-workflows/logic-app.json")).unwrap()).unwrap();
    // Lifecycle workflows wait for the callback, not for a response.
    let findings = logic_app::findings(&definition, &json!({}));
    assert_eq!(findings, ["no Response action: the trigger would answer 202 before the run"]);
    let demo = Demo::start().await;
    let user = json!({
        "givenName": "Ada", "surname": "Lovelace", "mail": ADA, "mobilePhone": "+1 425 555 0109",
        "streetAddress": "1 Main Street", "city": "Seattle", "state": "WA", "postalCode": "98101",
        "usageLocation": "US",
    });

    let platform = Platform::new(&demo, user.clone());
    for _ in 0..2 {
        let outcome = platform.run(&definition, "5f2b0a1c").await;
        assert_eq!(
            outcome.status,
            Some(Status::Succeeded),
            "{:?} {:?}",
            outcome.actions,
            platform.orders.lock().unwrap()
        );
    }
    let orders = platform.orders.lock().unwrap().clone();
    assert_eq!((orders[0].0, &orders[0].1["id"]), (202, &orders[1].1["id"]), "the second run orders nothing");
    let reports = platform.reports.lock().unwrap().clone();
    assert!(reports[0].0.ends_with("/taskProcessingResults/5f2b0a1c/resume"), "{reports:?}");
    assert_eq!(reports[0].1["data"]["operationStatus"], "Completed");
    let listed = demo.get("/v1/shipments?reference=5f2b0a1c").await.body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");

    // A user without an address: nothing is ordered, and the task fails.
    let mut nowhere = user;
    nowhere["streetAddress"] = Value::Null;
    let platform = Platform::new(&demo, nowhere);
    platform.run(&definition, "aaaa0000").await;
    assert_eq!(platform.orders.lock().unwrap()[0].0, 400);
    assert_eq!(platform.reports.lock().unwrap()[0].1["data"]["operationStatus"], "Failed");
    let listed = demo.get("/v1/shipments?reference=aaaa0000").await.body;
    assert_eq!(listed["items"], json!([]));
}

const WORKFLOW: &str = "github-actions/order-key.yml";

#[test]
fn github_workflow_follows_the_published_schema() {
    let Some(mut check) = tool("check-jsonschema") else { return };
    run(check.args(["--builtin-schema", "vendor.github-workflows"]).arg(examples().join(WORKFLOW)));
}

/// Runs the steps in order, as the runner does: `bash -e`, and the files for outputs and the summary.
fn run_steps(steps: &Value, (run_id, attempt): (&str, &str), dir: &Path) -> Result<String, String> {
    let mut outputs = String::new();
    for step in steps.as_array().unwrap() {
        let mut command = Command::new("bash");
        command.args(["-e", "-c", step["run"].as_str().unwrap()]).current_dir(dir).env("RUNNER_TEMP", dir);
        command.env("GITHUB_OUTPUT", dir.join("output")).env("GITHUB_STEP_SUMMARY", dir.join("summary"));
        command.env("GITHUB_REPOSITORY_ID", "1").env("GITHUB_RUN_ID", run_id).env("GITHUB_RUN_ATTEMPT", attempt);
        for (name, value) in step["env"].as_object().unwrap() {
            let value = value.as_str().unwrap().replace("${{ steps.queue.outputs.shipment }}", outputs.trim());
            command.env(name, value);
        }
        let output = command.output().unwrap();
        if !output.status.success() {
            return Err(format!("{}: {}", step["name"], text(&output)));
        }
        if let Ok(written) = std::fs::read_to_string(dir.join("output")) {
            outputs = written.lines().last().unwrap_or_default().replace("shipment=", "");
        }
    }
    assert!(!dir.join("keyferry.curl").exists(), "the token stays on the runner");
    Ok(outputs)
}

#[tokio::test]
async fn steps_of_the_github_workflow_order_a_key_once() {
    let (Some(_), Some(_), Some(_)) = (system("bash"), system("curl"), system("jq")) else { return };
    let demo = Demo::start().await;
    let order = |user: &str| {
        let mut order = keyferry_proof_support::order_for(user);
        order["reference"] = "GH-1".into();
        order.to_string()
    };
    let steps = |order: String| {
        let values = json!({
            "vars.KEYFERRY_API_URL": demo.api, "vars.KEYFERRY_TOKEN_URL": demo.announced["token_url"],
            "vars.KEYFERRY_SCOPE": format!("{AUDIENCE}/.default"), "vars.KEYFERRY_CLIENT_ID": TEST_CLIENT.0,
            "secrets.KEYFERRY_CLIENT_SECRET": TEST_CLIENT.1, "inputs.order": order,
        });
        Some(ask(python("recipes/github_steps.py")?, &json!({ "file": examples().join(WORKFLOW), "values": values })))
    };
    let (Some(good), Some(unknown)) = (steps(order(ADA)), steps(order("nobody@contoso.onmicrosoft.com"))) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (first, again, refused) = tokio::task::spawn_blocking(move || {
        let first = run_steps(&good, ("7", "1"), dir.path()).unwrap();
        let summary = std::fs::read_to_string(dir.path().join("summary")).unwrap();
        assert!(summary.contains(&format!("Shipment `{first}`: ")), "{summary}");
        (first, run_steps(&good, ("7", "2"), dir.path()).unwrap(), run_steps(&unknown, ("8", "1"), dir.path()))
    })
    .await
    .unwrap();
    assert_eq!(first, again, "a repeated run orders nothing");
    let refused = refused.unwrap_err();
    assert!(refused.starts_with("\"Check the order\"") && refused.contains("::error::user_id: "), "{refused}");
    let listed = demo.get("/v1/shipments?reference=GH-1").await.body;
    assert_eq!(listed["items"][0]["id"], json!(first));
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
}

/// No package repository that the tests install from has PowerShell.
#[tokio::test]
async fn powershell_queues_each_row_once() {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let Some(pwsh) = std::env::split_paths(&folders).map(|folder| folder.join("pwsh")).find(|file| file.is_file())
    else {
        println!("recipes: pwsh is not installed. SKIPPED");
        return;
    };
    let demo = Demo::start().await;
    let dir = tempfile::tempdir().unwrap();
    let rows = format!(
        "user_id,reference,recipient_company,recipient_email,recipient_firstname,recipient_lastname,\
         recipient_telephone,street_line1,city,region,postal_code,country_code_2\n\
         {ADA},PS-1,Contoso,{ADA},Ada,Lovelace,5555555555,1 Main Street,Seattle,WA,98101,US\n"
    );
    std::fs::write(dir.path().join("people.csv"), rows).unwrap();
    for _ in 0..2 {
        let mut command = Command::new(&pwsh);
        command.args(["-NoProfile", "-File"]).arg(examples().join("powershell/Add-Orders.ps1"));
        command.args(["-Path", "people.csv", "-Result", "shipments.csv"]).current_dir(dir.path());
        command.env("API_URL", &demo.api).env("TOKEN_URL", demo.announced["token_url"].as_str().unwrap());
        tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    }
    let listed = demo.get("/v1/shipments?reference=PS-1").await.body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
}
