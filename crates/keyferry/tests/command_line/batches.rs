//! Files of orders, with a demo.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::shell::Shell;
use crate::support::{Demo, KEYFERRY};

const MAPPING: &str = r#"{"defaults": {"pin_length": 8, "product_id": 1, "inventory_product_id": 106,
    "customization_id": "CUSTID"}}"#;

/// Returns the number of orders at the delivery service.
async fn ordered(demo: &Demo) -> usize {
    demo.parcels().await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_checked_ordered_and_watched() {
    let demo = Demo::with(&["--people", "12"]).await;
    let mut shell = Shell::new();
    shell.login(&demo);
    assert!(shell.ok(&["batches", "template"]).out.contains("user_id,"));
    let people = format!("{}/control/people.csv", demo.announced["sandbox"].as_str().unwrap());
    let mut people = reqwest::get(people).await.unwrap().text().await.unwrap();
    people.push_str("E999999,nobody@contoso.onmicrosoft.com,No,Body,Contoso,n@contoso.example,5555555555,");
    people.push_str("1 Main Street,,Seattle,WA,98101,US,Sales\n");
    let file = shell.file("people.csv", &people);
    let mapping = shell.file("mapping.json", MAPPING);

    // A check orders nothing and leaves nothing to order.
    let check = ["orders", "check", &file, "--mapping", &mapping];
    let done = shell.run(&check, "");
    assert_eq!(done.code, 5, "{}{}", done.out, done.err);
    assert!(done.out.contains("nobody@contoso") && done.err.contains("Checked 13 rows"), "{}{}", done.out, done.err);
    let done = shell.run(&[&check[..], &["--json"]].concat(), "");
    let lines: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((done.code, lines[0]["rows"]["total"].clone()), (5, json!(13)));
    assert!(lines[1..].iter().any(|row| row["findings"][0]["code"] == "unknown-user"), "{}", done.out);
    let listed = shell.json(&["batches", "list"]);
    let states: Vec<_> = listed["batches"].as_array().unwrap().iter().map(|batch| batch["state"].clone()).collect();
    assert!(states.iter().all(|state| state == "cancelled" || state == "cancelling"), "{states:?}");

    // Rows with errors, a missing confirmation and a wrong number: nothing is ordered.
    let submit = ["orders", "submit", &file, "--mapping", &mapping];
    let done = shell.run(&submit, "");
    assert!(done.code == 5 && done.err.contains("nothing was ordered"), "{}", done.err);
    let submit = [&submit[..], &["--skip-errors"]].concat();
    let done = shell.run(&submit, "");
    assert!(done.code == 2 && done.err.contains("--confirm"), "{}", done.err);
    let id = done.err.split("batches submit ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let to_send = shell.json(&["batches", "show", &id])["rows"]["to_send"].as_u64().unwrap();
    assert!((1..=12).contains(&to_send), "{to_send}");
    let wrong = (to_send + 1).to_string();
    let done = shell.run(&["batches", "submit", &id, "--skip-errors", "--confirm", &wrong], "");
    assert!(done.code == 1 && done.err.contains("nothing was ordered: expected"), "{}", done.err);
    assert_eq!(ordered(&demo).await, 0);

    // The right number. Ctrl-C leaves the batch to the connector, and the command continues.
    let number = to_send.to_string();
    let (code, err) = interrupted(&shell, &["batches", "submit", &id, "--skip-errors", "--confirm", &number]);
    assert!(code == 130 && err.contains(&format!("keyferry batches watch {id}")), "{code} {err}");
    let done = shell.ok(&["batches", "submit", &id, "--skip-errors"]);
    assert!(done.err.contains("finished"), "{}", done.err);
    assert_eq!(ordered(&demo).await, usize::try_from(to_send).unwrap(), "each row is ordered once");

    let result = shell.ok(&["batches", "result", &id]).out;
    assert_eq!(result.lines().count(), 14, "{result}");
    let rows = shell.ok(&["batches", "result", &id, "--json"]).out;
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.iter().filter(|row| row["shipment_id"].is_string()).count().to_string(), number);
    assert!(shell.ok(&["batches", "show", &id]).out.contains("user_id"), "the mapping is shown");
    assert!(shell.ok(&["shipments", "list", "--batch", &id]).out.lines().count() > 1);
}

/// Runs a command, and sends SIGINT when it has submitted a batch. Returns exit code and standard error.
fn interrupted(shell: &Shell, args: &[&str]) -> (i32, String) {
    let mut child = Command::new(KEYFERRY)
        .args(args)
        .env_clear()
        .env("HOME", shell.home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stderr.take().unwrap());
    let mut err = String::new();
    while !err.contains("Submitted batch") {
        assert!(reader.read_line(&mut err).unwrap() > 0, "{err}");
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    reader.read_to_string(&mut err).unwrap();
    (child.wait().unwrap().code().unwrap(), err)
}
