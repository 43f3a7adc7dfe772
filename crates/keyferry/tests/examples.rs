//! The clients of `examples/`, run as a reader runs them, against the program and its sandbox.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use keyferry_outsiders::{folder, system};
use keyferry_proof_support::{ADA, AUDIENCE, TEST_CLIENT};
use serde_json::json;
use support::Connector;

fn examples() -> PathBuf {
    folder().with_file_name("examples")
}

/// Each client whose interpreter is installed: its name, and how to start it.
fn clients() -> Vec<(&'static str, Command)> {
    let mut found = Vec::new();
    for (name, interpreter, script) in [
        ("shell", "sh", "shell/order.sh"),
        ("python", "python3", "python/order.py"),
        ("servicenow", "node", "servicenow/try.mjs"),
    ] {
        if let Some(interpreter) = system(interpreter) {
            let mut command = Command::new(interpreter);
            command.arg(examples().join(script)).arg(ADA);
            found.push((name, command));
        }
    }
    // No package repository that the tests install from has PowerShell.
    let folders = std::env::var_os("PATH").unwrap_or_default();
    match std::env::split_paths(&folders).map(|folder| folder.join("pwsh")).find(|file| file.is_file()) {
        Some(pwsh) => {
            let mut command = Command::new(pwsh);
            command.args(["-NoProfile", "-File"]).arg(examples().join("powershell/Order-Key.ps1")).args(["-User", ADA]);
            found.push(("powershell", command));
        }
        None => println!("examples: pwsh is not installed. SKIPPED"),
    }
    found
}

/// Runs a client to its end, while the parcel is shipped and shipments are processed.
async fn run(connector: &Connector, mut command: Command, key: &str, wait: u64) -> Output {
    command
        .env("API_URL", &connector.api)
        .env("TOKEN_URL", format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", connector.world))
        .env("CLIENT_ID", TEST_CLIENT.0)
        .env("CLIENT_SECRET", TEST_CLIENT.1)
        .env("SCOPE", format!("{AUDIENCE}/.default"))
        .env("IDEMPOTENCY_KEY", key)
        .env("WAIT_SECONDS", wait.to_string());
    let mut client = tokio::task::spawn_blocking(move || command.output().unwrap());
    loop {
        tokio::select! {
            biased;
            output = &mut client => return output.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(500)) => {
                for parcel in connector.parcels().await {
                    connector.parcel_to(parcel["shipment_id"].as_str().unwrap(), 103).await;
                }
                connector.process().await;
            }
        }
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn each_client_orders_one_key_after_a_throttled_attempt() {
    let connector = Connector::start().await;
    for (index, (name, command)) in clients().into_iter().enumerate() {
        connector
            .fault(&json!({ "endpoint": "delivery.order", "kind": "throttle", "retry_after": 1, "times": 1 }))
            .await;
        let output = run(&connector, command, &format!("order-{name}"), 60).await;
        let text = text(&output);
        assert_eq!(output.status.code(), Some(0), "{name}: {text}");
        assert!(text.contains("busy; retrying in 1 s") && text.contains("complete: the key is registered"), "{text}");
        assert_eq!(connector.parcels().await.len(), index + 1, "{name}: {text}");
    }
}

#[tokio::test]
async fn no_client_orders_again_after_a_lost_answer() {
    let connector = Connector::start().await;
    for (index, (name, command)) in clients().into_iter().enumerate() {
        connector
            .fault(&json!({ "endpoint": "delivery.order", "kind": "fail_after", "status": 500, "times": 1 }))
            .await;
        let output = run(&connector, command, &format!("lost-{name}"), 60).await;
        let text = text(&output);
        assert_eq!(output.status.code(), Some(2), "{name}: {text}");
        assert!(text.contains("do not order again; resolve shipment 0"), "{name}: {text}");
        assert_eq!(connector.parcels().await.len(), index + 1, "{name}: {text}");
    }
}

#[tokio::test]
async fn each_client_shows_why_an_order_is_rejected() {
    let connector = Connector::start().await;
    for (name, command) in clients() {
        let program = command.get_program().to_owned();
        let mut arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        *arguments.last_mut().unwrap() = "unknown@contoso.onmicrosoft.com".into();
        let mut command = Command::new(program);
        command.args(arguments);
        let output = run(&connector, command, &format!("unknown-{name}"), 60).await;
        let text = text(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {text}");
        assert!(text.contains("Could not find user: unknown@contoso.onmicrosoft.com"), "{name}: {text}");
    }
    assert!(connector.parcels().await.is_empty());
}

/// PowerShell is not installed everywhere; the script must at least keep what the others have.
#[test]
fn each_client_sends_an_idempotency_key_and_stops_on_an_uncertain_order() {
    for script in ["shell/order.sh", "python/order.py", "powershell/Order-Key.ps1", "servicenow/KeyferryClient.js"] {
        let source = std::fs::read_to_string(Path::new(&examples()).join(script)).unwrap();
        for needed in ["Idempotency-Key", "order_may_exist", "503"] {
            assert!(source.contains(needed), "{script}: {needed}");
        }
    }
}
