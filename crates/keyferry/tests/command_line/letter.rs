//! Letters with PINs: written for their owner only, over no existing file, and only for a user.

use std::os::unix::fs::PermissionsExt as _;

use reqwest::Method;
use serde_json::json;

use crate::device_sandbox::{ADA, GRACE, begin, settings};
use crate::shell::Shell;
use crate::support::Demo;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_prints_a_pin_into_a_private_file() {
    let demo = Demo::start().await;
    settings(&demo, json!({ "device_code_interval": 1 })).await;
    let shipment = demo.complete_order(ADA).await;
    let (mut shell, done) = begin(&demo, Shell::new(), "grace", false).await.decide(&demo, GRACE, true).await;
    assert_eq!(done.code, 0, "{}", done.err);
    let file = shell.file("existing.pdf", "something else");
    let path = file.replace("existing", "letter");
    let print = |output: &str, more: &[&str]| -> Vec<String> {
        let fixed = ["shipments", "print-pin", &shipment, "--to", "Łukasz Šimůnek", "--to", "Ulica 1", "--yes"];
        fixed.iter().chain(&["--output", output]).chain(more).map(|&part| part.to_owned()).collect()
    };
    let args = print(&file, &[]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let error = shell.fails(2, &args);
    assert!(error.contains("exists and is not overwritten"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "something else");

    // Without glyphs nothing is released, and no file is left.
    let wrong = print(&path, &["--to", "王小明"]);
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    let done = shell.run(&wrong, "");
    assert!(done.code != 0 && done.err.contains("王 (U+738B)"), "{}", done.err);
    assert!(!std::path::Path::new(&path).exists());

    let good = print(&path, &["--language", "de"]);
    let good: Vec<&str> = good.iter().map(String::as_str).collect();
    let done = shell.ok(&good);
    assert!(done.err.contains("delete the file"), "{}", done.err);
    let pdf = std::fs::read(&path).unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let history = demo.details(&shipment).await["history"].to_string();
    assert!(history.contains("printed on a letter") && history.contains(GRACE), "{history}");
    assert!(!history.contains("Ulica") && !demo.log().contains("Ulica"), "the address is stored nowhere");

    // The demo's application has the role, and no user.
    let body = json!({ "address": ["Grace Hopper"] });
    let answer = demo.call(Method::POST, &format!("/v1/shipments/{shipment}/pin-letter"), Some(&body)).await;
    assert!(answer.status == 403 && answer.text.contains("for a signed-in user only"), "{}", answer.text);
}
