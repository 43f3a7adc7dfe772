//! The clients of `examples/`, run as a reader runs them, against the program and its sandbox.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use keyferry_outsiders::{folder, system};
use keyferry_proof_support::{ADA, AUDIENCE, TEST_CLIENT};
use serde_json::json;
use support::{Connector, KEYFERRY};

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

#[test]
fn demo_prints_events_with_next_steps_and_is_quiet_otherwise() {
    let (Some(sh), Some(_)) = (system("sh"), system("curl")) else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut demo = Command::new(KEYFERRY)
        .args(["demo", "--api-port", "0", "--probe-port", "0", "--sandbox-port", "0", "--smtp-port", "0"])
        .args(["--smtps-port", "0", "--parcel-seconds", "0.2", "--data-dir"])
        .arg(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(demo.stdout.take().unwrap());
    let mut printed = String::new();
    while !printed.contains("Ctrl-C stops the demo") {
        assert_ne!(output.read_line(&mut printed).unwrap(), 0, "{printed}");
    }
    let address = |name: &str| {
        let line = printed.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().trim_end_matches('/').to_owned()
    };
    let (api, sandbox) = (address("API"), address("sandbox"));
    let client = Command::new(sh)
        .arg(examples().join("shell/order.sh"))
        .arg(ADA)
        .env("API_URL", api)
        .env("TOKEN_URL", format!("{sandbox}/contoso.onmicrosoft.com/oauth2/v2.0/token"))
        .output()
        .unwrap();
    assert!(client.status.success(), "{}", text(&client));
    // The follower reads events twice a second.
    std::thread::sleep(Duration::from_secs(2));
    demo.kill().unwrap();
    let mut events = String::new();
    output.read_to_string(&mut events).unwrap();
    let mut errors = String::new();
    demo.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    demo.wait().unwrap();
    let mut rest = events.as_str();
    for part in [
        "ordered a key for ada.lovelace@contoso.onmicrosoft.com: shipment ",
        "next: the factory makes the key",
        "made and shipped the key",
        "registered the key for ada.lovelace@",
        "the PIN was sent to the manager grace.hopper@contoso.onmicrosoft.com",
        "next: read it at http://",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part} is not in order in:\n{events}"));
        rest = &rest[at + part.len()..];
    }
    assert_eq!(errors, "", "nothing else is printed");
}
