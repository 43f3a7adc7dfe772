//! A day of an operator, with a demo.

use keyferry_proof_support::{ADA, ALAN, GRACE, TEST_CLIENT, order_for};
use serde_json::{Value, json};

use crate::shell::Shell;
use crate::support::Demo;

fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_an_operator() {
    let demo = Demo::with(&["--parcel-seconds", "1"]).await;
    let mut shell = Shell::new();
    let err = shell.fails(3, &["shipments", "list"]);
    assert!(err.contains("keyferry login"), "{err}");
    shell.login(&demo);
    let config = shell.home.path().join(".config/keyferry");
    let cached = shell.home.path().join(".cache/keyferry/tokens/demo.json");
    for file in [config.join("config.toml"), config.join("demo.secret"), cached.clone()] {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert!(!std::fs::read_to_string(config.join("config.toml")).unwrap().contains(TEST_CLIENT.1));

    assert!(shell.json(&["status"])["FIDO_CONNECTOR_VERSION"].is_string());
    assert!(shell.ok(&["products"]).out.contains("INVENTORY"));
    assert!(shell.ok(&["countries"]).out.contains("United States"));

    // One order to its end.
    let ada = shell.queue(ADA, "REQ-1");
    let watched = shell.ok(&["shipments", "watch", &ada, "--interval", "1"]);
    let last = watched.out.lines().last().unwrap();
    assert!(last.contains(&ada) && last.contains("complete"), "{}", watched.out);
    assert!(watched.err.contains("1 complete"), "{}", watched.err);
    let shown = shell.ok(&["shipments", "show", &ada]).out;
    assert!(shown.contains("serial number") && shown.contains("PIN was sent"), "{shown}");
    let listed = shell.ok(&["shipments", "list", "--reference", "REQ-1"]).out;
    assert!(listed.starts_with("ID ") && listed.contains(&ada) && listed.lines().count() == 2, "{listed}");
    let items = shell.json(&["shipments", "list", "--phase", "complete"]);
    assert_eq!(items["items"][0]["id"], json!(ada));
    assert_eq!(shell.json(&["people", "show", ADA])["shipments"][0]["id"], json!(ada));
    assert_eq!(shell.json(&["shipments", "count"])["total"], 1);
    assert_eq!(shell.json(&["report", "--by", "product"])["groups"][0]["completed"], 1);
    assert!(shell.ok(&["report"]).out.contains("ORDERED"));

    // Exports: to standard output, and to a file that appears complete.
    let csv = shell.ok(&["shipments", "export"]).out;
    assert!(csv.starts_with("id,") && csv.contains(&ada), "{csv}");
    let lines = shell.ok(&["shipments", "export", "--json"]).out;
    assert_eq!(serde_json::from_str::<Value>(lines.lines().next().unwrap()).unwrap()["id"], json!(ada));
    let done = shell.ok(&["shipments", "export", "--output", "all.csv"]);
    assert_eq!((done.out.as_str(), std::fs::read_to_string(shell.home.path().join("all.csv")).unwrap()), ("", csv));

    // Grace has no manager: her shipment needs an operator.
    let grace = shell.queue(GRACE, "REQ-2");
    shell.until(&grace, "registered");
    let err = shell.fails_with_output(5, &["shipments", "watch", &grace, "--interval", "1", "--stop-when-stuck"]);
    assert!(err.contains("need an operator"), "{err}");
    assert!(shell.ok(&["shipments", "list", "--needs-human"]).out.contains("no-manager"));
    shell.ok(&["shipments", "retry", &grace, "--reason", "the manager is entered"]);

    // What cannot be undone needs a confirmation, and a reason.
    let err = shell.fails(2, &["shipments", "resolve", &grace, "--yes"]);
    assert!(err.contains("--reason"), "{err}");
    let err = shell.fails(2, &["shipments", "resolve", &grace, "--reason", "handed over"]);
    assert!(err.contains("--yes"), "{err}");
    let err = shell.fails(2, &["shipments", "cancel"]);
    assert!(err.contains("filter"), "{err}");

    // The next run finds the obstacle again.
    shell.fails_with_output(5, &["shipments", "watch", &grace, "--interval", "1", "--stop-when-stuck"]);
    // Many at once: a dry run, a wrong number, the right one.
    let resolve = ["shipments", "resolve", "--needs-human", "--reason", "handed over"];
    let dry = shell.json(&[&resolve[..], &["--dry-run"]].concat());
    assert_eq!((dry["matched"].clone(), dry["possible"].clone()), (json!(1), json!(1)));
    let err = shell.fails(1, &[&resolve[..], &["--confirm", "7"]].concat());
    assert!(err.contains("expected 7, but it is possible for 1"), "{err}");
    assert_eq!(shell.json(&[&resolve[..], &["--confirm", "1"]].concat())["done"], 1);
    shell.until(&grace, "complete");

    // A cancelled order, and its replacement.
    let alan = shell.queue(ALAN, "REQ-3");
    shell.ok(&["shipments", "cancel", &alan, "--reason", "wrong address", "--yes"]);
    shell.until(&alan, "cancelled");
    let order = shell.file("order.json", &order_for(ALAN).to_string());
    let replace = ["shipments", "replace", &alan, "--order", &order, "--reason", "right address", "--yes"];
    let new = shell.ok(&replace).out.trim().to_owned();
    assert_eq!(shell.json(&["shipments", "show", &new])["replaces"], json!(alan));

    let err = shell.fails(4, &["shipments", "show", "nosuch"]);
    assert!(err.contains("nosuch"), "{err}");
    let err = shell.fails(1, &["orders", "queue", &shell.file("empty.json", "{}")]);
    assert!(err.contains("user_id"), "{err}");
    let err = shell.fails(2, &["orders", "queue", &shell.file("broken.json", "{")]);
    assert!(err.contains("line 1"), "{err}");
    shell.ok(&["process"]);

    // Logged out: the tokens are gone.
    let token: Value = serde_json::from_str(&std::fs::read_to_string(&cached).unwrap()).unwrap();
    shell.ok(&["logout"]);
    assert!(!cached.exists() && !config.join("demo.secret").exists());
    shell.fails(3, &["status"]);
    for secret in [TEST_CLIENT.1, token["access_token"].as_str().unwrap()] {
        assert!(!shell.output.contains(secret), "a secret is in the output");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_from_elsewhere_and_no_connection() {
    let demo = Demo::start().await;
    let api = demo.announced["api"].as_str().unwrap().to_owned();
    let mut shell = Shell::new();
    shell.login(&demo);
    let cached = std::fs::read_to_string(shell.home.path().join(".cache/keyferry/tokens/demo.json")).unwrap();
    let token = serde_json::from_str::<Value>(&cached).unwrap()["access_token"].as_str().unwrap().to_owned();

    // The tokens of a profile are not sent to another address.
    let err = shell.fails(2, &["status", "--url", "http://127.0.0.1:9"]);
    assert!(err.contains("profile demo"), "{err}");
    shell.ok(&["profiles", "remove", "demo"]);
    assert!(shell.json(&["profiles"])["profiles"].as_array().unwrap().is_empty());

    let file = shell.file("token", &format!("{token}\n"));
    shell.variables = vec![("KEYFERRY_URL", api.clone()), ("KEYFERRY_TOKEN_FILE", file.clone())];
    shell.ok(&["status"]);
    shell.variables = vec![("KEYFERRY_URL", api.clone()), ("KEYFERRY_TOKEN", token.clone())];
    shell.ok(&["status"]);
    shell.variables = vec![("KEYFERRY_URL", api.clone()), ("KEYFERRY_TOKEN", "canary-wrong-token".into())];
    let err = shell.fails(3, &["status"]);
    assert!(!err.contains("canary"), "{err}");
    // A shell with these variables can also start a connector.
    let err = shell.run(&["doctor"], "");
    assert!(!err.out.contains("KEYFERRY_URL") && !err.err.contains("KEYFERRY_URL"), "{}{}", err.out, err.err);
    shell.variables.clear();

    // A profile with a token that another program keeps in a file.
    shell.ok(&["login", "file", "--url", &api, "--token-file", &file]);
    shell.ok(&["status", "--profile", "file"]);
    shell.ok(&["profiles", "use", "file"]);
    assert!(shell.ok(&["profiles"]).out.contains("file"));

    // No server listens there.
    shell.variables = vec![("KEYFERRY_URL", "http://127.0.0.1:9".into()), ("KEYFERRY_TOKEN", token.clone())];
    let err = shell.fails(6, &["status"]);
    assert!(err.contains("no connection"), "{err}");
    assert!(!shell.output.contains(&token), "the token is in the output");
    let err = shell.fails(6, &["login", "--demo", "http://127.0.0.1:9"]);
    assert!(err.contains("keyferry demo"), "{err}");
}

/// Commands that need no connector.
#[test]
fn shells_and_manual() {
    let mut shell = Shell::new();
    assert!(shell.ok(&["completions", "bash"]).out.contains("shipments"));
    let page = shell.ok(&["man", "shipments", "list"]).out;
    assert!(page.contains("keyferry\\-shipments\\-list") && page.contains("needs\\-human"), "{page}");
    shell.fails(2, &["man", "nosuch"]);
    for arguments in [&["status", "--token", "x"][..], &["login", "--secret", "x"]] {
        assert_eq!(shell.run(arguments, "").code, 2, "a secret is not an argument");
    }
}
