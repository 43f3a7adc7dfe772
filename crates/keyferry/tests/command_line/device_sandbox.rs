//! Sign-in with a device code, with the program and the sandbox.

use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use keyferry_proof_support::order_for;
use reqwest::Method;
use serde_json::{Value, json};

use crate::shell::{Done, Shell};
use crate::support::Demo;

const CLIENT: &str = "0c0ffee0-0000-4000-8000-000000000002";
const SCOPE: &str = "api://fido-connector-api.contoso.onmicrosoft.com/.default";
pub(crate) const GRACE: &str = "grace.hopper@contoso.onmicrosoft.com";
const MAPPING: &str = r#"{"defaults": {"pin_length": 8, "product_id": 1, "inventory_product_id": 106,
    "customization_id": "CUSTID"}}"#;
pub(crate) const ADA: &str = "ada.lovelace@contoso.onmicrosoft.com";

/// A sign-in that waits for the user.
pub(crate) struct Waiting {
    command: JoinHandle<(Shell, Done)>,
    user_code: String,
}

fn sandbox(demo: &Demo) -> &str {
    demo.announced["sandbox"].as_str().unwrap()
}

/// Begins a sign-in: as a new profile, or again.
pub(crate) async fn begin(demo: &Demo, mut shell: Shell, name: &str, again: bool) -> Waiting {
    let api = demo.announced["api"].as_str().unwrap().to_owned();
    let (login_url, name) = (sandbox(demo).to_owned(), name.to_owned());
    let command = spawn(move || {
        let mut args = vec!["login", &name];
        if !again {
            args.extend(["--url", &api, "--login-url", &login_url, "--tenant", "contoso.onmicrosoft.com"]);
            args.extend(["--client-id", CLIENT, "--scope", SCOPE, "--device-code"]);
        }
        let done = shell.run(&args, "");
        (shell, done)
    });
    for _ in 0..400 {
        let open = demo.sandbox(Method::GET, "/control/sign-ins", None).await.body;
        if let Some(user_code) = open["device_codes"][0]["user_code"].as_str() {
            return Waiting { command, user_code: user_code.to_owned() };
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no sign-in began: {}", command.join().unwrap().1.err);
}

impl Waiting {
    fn done(self) -> (Shell, Done) {
        self.command.join().unwrap()
    }

    pub(crate) async fn decide(self, demo: &Demo, user: &str, accept: bool) -> (Shell, Done) {
        let decision = json!({ "user": user, "user_code": self.user_code, "accept": accept });
        demo.control(Method::POST, "/sign-ins", &decision).await;
        self.done()
    }
}

pub(crate) async fn settings(demo: &Demo, change: Value) {
    demo.control(Method::PUT, "/settings", &change).await;
}

/// Does what a browser without scripts does, and returns the last page.
async fn sign_in_at_the_page(demo: &Demo, user_code: &str) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |path: &str, form: &[(&str, &str)]| {
        http.post(format!("{}{path}", sandbox(demo))).form(form).send().await.unwrap().text().await.unwrap()
    };
    let page = post("/device", &[("otc", user_code)]).await;
    let interaction = page.split("name=\"interaction\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let user = [("interaction", interaction.as_str()), ("login", GRACE), ("passwd", "sandbox-password")];
    let page = post("/login", &user).await;
    assert!(page.contains("Are you trying to sign in to Test client?") && page.contains(GRACE), "{page}");
    post("/login", &[("interaction", interaction.as_str()), ("action", "accept")]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_signs_in_and_stays_signed_in() {
    let demo = Demo::with(&["--people", "3"]).await;
    settings(&demo, json!({ "device_code_interval": 1, "user_token_seconds": 120 })).await;
    let slower = json!({ "endpoint": "token", "kind": "wrong_answer", "times": 1, "status": 400,
        "body": r#"{"error":"slow_down"}"# });
    demo.fault(&slower).await;
    let waiting = begin(&demo, Shell::new(), "grace", false).await;
    let code = waiting.user_code.clone();
    assert!(sign_in_at_the_page(&demo, &code).await.contains("Signed in"));
    let (mut shell, done) = waiting.done();
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains(&code) && done.err.contains("/device in a browser"), "{}", done.err);

    // The user is on the history, not only the application.
    let order = order_for("ada.lovelace@contoso.onmicrosoft.com").to_string();
    let id = shell.ok_with(&["orders", "queue", "-"], &order).out.trim().to_owned();
    let shown = shell.json(&["shipments", "show", &id]).to_string();
    assert!(shown.contains("Grace Hopper") && shown.contains(GRACE), "{shown}");

    // A token with two minutes left is good for a call, but not for a body that cannot be sent again.
    let tokens = demo.calls("token").await;
    shell.ok(&["status", "--json"]);
    assert_eq!(demo.calls("token").await, tokens);
    let people = demo.sandbox(Method::GET, "/control/people.csv", None).await.text;
    let (file, mapping) = (shell.file("people.csv", &people), shell.file("mapping.json", MAPPING));
    let check = ["orders", "check", &file, "--mapping", &mapping];
    let done = shell.run(&check, "");
    assert!([0, 5].contains(&done.code), "{}", done.err);
    assert!(demo.calls("token").await > tokens);

    // A token that expires during a command is renewed: each call needs another one here.
    settings(&demo, json!({ "user_token_seconds": 30 })).await;
    shell.ok(&["logout", "grace"]);
    assert!(shell.fails(3, &["shipments", "list"]).contains("sign in again with `keyferry login grace`"));
    let waiting = begin(&demo, shell, "grace", true).await;
    let (mut shell, done) = waiting.decide(&demo, GRACE, true).await;
    assert_eq!(done.code, 0, "{}", done.err);
    let tokens = demo.calls("token").await;
    let done = shell.run(&check, "");
    assert!([0, 5].contains(&done.code), "{}", done.err);
    assert!(demo.calls("token").await >= tokens + 4);

    // The administrator revokes the sign-in.
    demo.sandbox(Method::DELETE, &format!("/control/sign-ins/{GRACE}"), None).await;
    let error = shell.fails(3, &["shipments", "list"]);
    assert!(error.contains("has ended: sign in again with `keyferry login grace`"), "{error}");
    assert!(error.contains("AADSTS50173") && !shell.output.contains("eyJ"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_expired_and_wrong_users_are_explained() {
    let demo = Demo::start().await;
    settings(&demo, json!({ "device_code_interval": 1 })).await;
    let (shell, done) = begin(&demo, Shell::new(), "me", false).await.decide(&demo, GRACE, false).await;
    assert_eq!(done.code, 3, "{}", done.err);
    assert!(done.err.contains("declined in the browser"), "{}", done.err);

    settings(&demo, json!({ "device_code_seconds": 2 })).await;
    let (mut shell, done) = begin(&demo, shell, "me", false).await.done();
    assert_eq!(done.code, 3, "{}", done.err);
    assert!(done.err.contains("the code expired") && done.err.contains("Log in again"), "{}", done.err);
    assert!(!shell.ok(&["profiles", "--json"]).out.contains("\"me\""), "nothing is stored");

    // Ada has no role: the sign-in works, and the message names what is missing.
    settings(&demo, json!({ "device_code_seconds": 900 })).await;
    let (mut shell, done) = begin(&demo, shell, "me", false).await.decide(&demo, ADA, true).await;
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("accepts the sign-in, but") && done.err.contains("Keyferry."), "{}", done.err);
    let error = shell.fails(3, &["shipments", "list"]);
    assert!(error.contains("Keyferry.Read"), "{error}");
}
