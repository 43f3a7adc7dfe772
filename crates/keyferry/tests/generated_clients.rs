//! Clients that other tools generate from `docs/reference/openapi.json` order a key in the demo, with the types that
//! they generate: a check, an order, its shipment until it is complete, its events, the report, and a typed error.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use keyferry_outsiders::{ask, folder, node_modules, python, tool};
use serde_json::{Value, json};
use support::Demo;

/// Returns an empty folder below `target`.
fn empty(name: &str) -> PathBuf {
    let folder = folder().with_file_name("target").join("clients").join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn document() -> PathBuf {
    folder().with_file_name("docs").join("reference/openapi.json")
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{text}");
    text
}

/// Runs the client against a demo whose parcels arrive at once.
async fn orders_a_key(client: Command) {
    let demo = Demo::with(&["--parcel-seconds", "0.2"]).await;
    let announced = demo.announced.clone();
    let result = tokio::task::spawn_blocking(move || ask(client, &announced)).await.unwrap();
    let details = demo.get(&format!("/v1/shipments/{}", result["id"].as_str().unwrap())).await;
    assert_eq!(details.body["shipment_state"], "complete");
    let happened: Vec<&Value> = details.body["history"].as_array().unwrap().iter().map(|it| &it["event"]).collect();
    assert_eq!(result["events"], json!(happened));
    assert_eq!((&result["phase"], &result["completed"]), (&json!("complete"), &json!(1)));
    assert_eq!((&result["findings"], &result["refusal"]), (&json!(0), &json!("user_id")));
}

#[tokio::test]
async fn python_client_orders_a_key() {
    let (Some(mut generator), Some(mut mypy)) = (tool("openapi-python-client"), tool("mypy")) else { return };
    let Some(mut client) = python("clients/order.py") else { return };
    let out = empty("python");
    let config = out.join("config.yaml");
    std::fs::copy(folder().join("clients/python.yaml"), &config).unwrap();
    let package = out.join("keyferry_client");
    generator.args(["generate", "--meta", "none", "--fail-on-warning", "--path"]).arg(document());
    run(generator.arg("--config").arg(&config).arg("--output-path").arg(&package));
    // Errors inside the generated package are not ours. Its types are checked where the program uses them.
    mypy.args(["--strict", "--follow-imports", "silent", "--cache-dir"]).arg(out.join("mypy"));
    run(mypy.arg("clients/order.py").env("MYPYPATH", &out));
    client.env("PYTHONPATH", &out);
    orders_a_key(client).await;
}

#[tokio::test]
async fn typescript_client_orders_a_key() {
    let (Some(mut generator), Some(mut tsc), Some(modules)) = (tool("openapi-typescript"), tool("tsc"), node_modules())
    else {
        return;
    };
    let out = empty("typescript");
    run(generator.arg(document()).arg("--output").arg(out.join("keyferry.d.ts")));
    for name in ["order.ts", "tsconfig.json"] {
        std::fs::copy(folder().join("clients").join(name), out.join(name)).unwrap();
    }
    std::fs::write(out.join("package.json"), r#"{"type": "module"}"#).unwrap();
    link(&modules, &out.join("node_modules"));
    run(tsc.arg("--project").arg(&out));
    let Some(mut client) = keyferry_outsiders::system("node").map(Command::new) else { return };
    client.arg(out.join("out/order.js"));
    orders_a_key(client).await;
}

#[cfg(unix)]
fn link(target: &Path, link: &Path) {
    std::os::unix::fs::symlink(target, link).unwrap();
}
