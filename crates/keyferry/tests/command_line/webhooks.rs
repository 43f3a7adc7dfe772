//! Webhooks, from their creation to their deletion.

use serde_json::{Value, json};

use crate::shell::Shell;
use crate::support::{Demo, Receiver};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_created_changed_and_deleted() {
    let demo = Demo::start().await;
    let mut shell = Shell::new();
    shell.login(&demo);
    let none = shell.ok(&["webhooks", "list"]);
    assert!(none.out.is_empty() && none.err.contains("There is no webhook"), "{}{}", none.out, none.err);

    // The secret is data, is shown once, and is not in the words.
    let created = shell.ok(&["webhooks", "create", "http://127.0.0.1:9/hook?key=canary", "--events", "completed"]);
    let line = |name: &str| {
        let line = created.out.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{}", created.out));
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let (id, secret) = (line("webhook"), line("secret"));
    assert!(secret.starts_with("whsec_") && !created.err.contains(&secret), "{}", created.err);
    let id = id.as_str();
    let shown = shell.json(&["webhooks", "show", id]);
    assert_eq!((&shown["state"], &shown["event_types"]), (&json!("enabled"), &json!(["shipment.completed"])));
    let listed = shell.ok(&["webhooks", "list"]).out;
    assert!(listed.starts_with("ID ") && listed.contains(id) && listed.lines().count() == 2, "{listed}");
    assert_eq!(shell.output.matches(&secret).count(), 1);

    // The receiver does not listen.
    let tested = shell.run(&["webhooks", "test", id], "");
    assert!(tested.code == 1 && tested.out.contains("not accepted"), "{}{}", tested.out, tested.err);
    assert!(tested.out.contains("no connection") && tested.err.contains("did not accept"), "{}", tested.out);

    // Changes.
    let changed = shell.json(&["webhooks", "update", id, "--disable", "--all-events", "--description", "Portal"]);
    assert_eq!((&changed["state"], &changed["event_types"]), (&json!("disabled"), &json!([])));
    let text = shell.ok(&["webhooks", "show", id]).out;
    assert!(text.contains("disabled by") && text.contains("all") && text.contains("Portal"), "{text}");
    shell.ok(&["webhooks", "update", id, "--enable"]);
    assert_eq!(shell.json(&["webhooks", "show", id])["description"], "Portal", "what is not given stays");
    shell.fails(2, &["webhooks", "update", id]);
    shell.fails(2, &["webhooks", "update", id, "--enable", "--disable"]);

    // A secret of ours: from a file, standard input or a variable, and never shown.
    let file = shell.file("secret", SECRET);
    shell.ok(&["webhooks", "rotate-secret", id, "--secret-file", &file]);
    shell.ok_with(&["webhooks", "rotate-secret", id, "--secret-file", "-"], &format!("{SECRET}\n"));
    shell.variables = vec![("HOOK", SECRET.into())];
    let done = shell.ok(&["webhooks", "create", "https://a.example/", "--secret-variable", "HOOK"]);
    assert!(!done.out.contains("secret") && !done.err.contains("not shown again"), "{}{}", done.out, done.err);
    let other = done.out.split_whitespace().nth(1).unwrap().to_owned();
    assert!(!shell.output.contains(SECRET), "a secret of the user is in the output");
    let rotated = shell.ok(&["webhooks", "rotate-secret", id]);
    assert!(rotated.out.starts_with("whsec_") && rotated.out.lines().count() == 1, "{}", rotated.out);
    assert!(rotated.err.contains("24 hours") && !rotated.err.contains("whsec_"), "{}", rotated.err);
    let err = shell.fails(2, &["webhooks", "rotate-secret", id, "--keep-previous-hours", "0"]);
    assert!(err.contains("--yes"), "{err}");
    let rotated = shell.json(&["webhooks", "rotate-secret", id, "--keep-previous-hours", "0", "--yes"]);
    assert!(rotated["secret"].as_str().unwrap().starts_with("whsec_"));
    let invalid = shell.file("invalid", "canary-of-a-secret");
    let err = shell.fails(1, &["webhooks", "rotate-secret", id, "--secret-file", &invalid]);
    assert!(err.contains("whsec_") && !err.contains("canary-of"), "{err}");
    for args in [["--secret", SECRET], ["--secret-variable", "NOSUCH"], ["--secret-file", "nosuch"]] {
        shell.fails(2, &["webhooks", "create", "https://a.example/", args[0], args[1]]);
    }
    assert!(!demo.log().contains("whsec_"));

    // What cannot be undone is confirmed.
    let err = shell.fails(2, &["webhooks", "delete", &other]);
    assert!(err.contains("--yes"), "{err}");
    assert!(shell.ok(&["webhooks", "delete", &other, "--yes"]).out.is_empty());
    shell.fails(4, &["webhooks", "show", &other]);
    assert_eq!(shell.json(&["webhooks", "list"])["webhooks"].as_array().unwrap().len(), 1);
    let err = shell.fails(1, &["webhooks", "create", "http://10.0.0.1/"]);
    assert!(err.contains("https"), "{err}");
    assert!(!shell.output.contains("key=canary"), "the query of a URL is confidential");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_listed_and_sent_again() {
    let Some(receiver) = Receiver::start(0) else { return };
    let demo = Demo::with(&["--parcel-seconds", "1"]).await;
    let mut shell = Shell::new();
    shell.login(&demo);
    let created = shell.json(&["webhooks", "create", &receiver.url()]);
    receiver.set("secret", created["secret"].as_str().unwrap()).await;
    let id = created["webhook"]["id"].as_str().unwrap();
    let tested = shell.ok(&["webhooks", "test", id]).out;
    assert!(tested.contains("accepted") && tested.contains("204"), "{tested}");
    let shipment = shell.queue(keyferry_proof_support::ADA, "REQ-1");
    shell.until(&shipment, "complete");
    receiver.until(&demo, "shipment.completed").await;
    let done = shell.ok(&["webhooks", "deliveries", id]);
    assert!(done.out.starts_with("MESSAGE ") && done.out.contains("completed"), "{}", done.out);
    assert!(shell.ok(&["webhooks", "dead-letters", id]).err.contains("There is no dead letter"));
    let page = shell.json(&["webhooks", "deliveries", id, "--state", "delivered", "--limit", "1"]);
    let newest = &page["items"][0];
    assert_eq!((&newest["event_type"], &newest["status"]), (&json!("shipment.completed"), &json!(204)));
    let message = newest["message_id"].as_str().unwrap();
    let before = times(&receiver.received().await, message);
    let done = shell.ok(&["webhooks", "replay", id, message]);
    assert!(done.out.is_empty() && done.err.contains("1 message is sent again"), "{}{}", done.out, done.err);
    demo.until("the repetition", async || times(&receiver.received().await, message) == before + 1).await;
    assert!(receiver.received().await.iter().all(|one| one["valid"] == true));
    assert!(shell.ok(&["webhooks", "replay", id, "--dead"]).err.contains("nothing to send again"));
    for wrong in [&[][..], &["--dead", message]] {
        shell.fails(2, &[&["webhooks", "replay", id][..], wrong].concat());
    }
}

fn times(received: &[Value], message: &str) -> usize {
    received.iter().filter(|one| one["headers"]["webhook-id"] == message).count()
}
