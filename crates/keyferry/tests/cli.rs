//! Commands that need no running service, the scenario, and the health check.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Connector, run};

fn schedule(args: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let output = run(&[&["schedule"], args].concat(), dir.path());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn schedule_prints_one_run_per_line() {
    let (code, out, _) = schedule(&["0 */30 * * * *", "--from", "2026-11-23T10:15:30Z", "-n", "3"]);
    assert_eq!(code, 0);
    assert_eq!(out, "2026-11-23T10:30:00Z\n2026-11-23T11:00:00Z\n2026-11-23T11:30:00Z\n");
}

#[test]
fn schedule_prints_never_without_next_run() {
    for never in ["0 0 0 31 2 *", "-"] {
        let (code, out, _) = schedule(&[never, "--from", "2026-11-23T10:15:30Z"]);
        assert_eq!((code, out.as_str()), (0, "never\n"), "{never}");
    }
}

#[test]
fn schedule_exits_with_2_for_invalid_expression() {
    let (code, out, err) = schedule(&["0 0 25 * * *"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("25") && err.contains("hour"), "{err}");
}

/// An override would show the path, and everything after it, in another order.
#[test]
fn errors_show_invisible_characters() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(&["doctor", "--graph-token-file", "gone\u{202e}nekot"], dir.path());
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err.contains(r"could not read gone\u{202e}nekot: "), "{err}");
}

/// Compares with the results of Spring's own class, through the command line.
#[test]
fn schedule_agrees_with_spring() {
    let vectors = include_str!("../../engine/tests/data/spring-cron.tsv");
    let mut compared = 0;
    // Every seventh line only: the engine's own test compares all lines without starting a process for each.
    for line in vectors.lines().filter(|line| !line.starts_with('#')).step_by(7) {
        let fields: Vec<_> = line.split('\t').collect();
        let (expression, answers) = (fields[0], &fields[1..]);
        if answers == ["invalid"] {
            let expected = if expression == "-" { 0 } else { 2 };
            assert_eq!(schedule(&[expression]).0, expected, "{expression}");
            compared += 1;
            continue;
        }
        let mut rest = answers;
        while let [from, after @ ..] = rest {
            let next: Vec<_> = after.iter().take(3).copied().collect();
            let runs = next.iter().position(|run| *run == "never").map_or(next.len(), |at| at + 1);
            let (code, out, _) = schedule(&[expression, "--from", from, "-n", "3"]);
            assert_eq!(code, 0, "{expression}");
            assert_eq!(out.lines().collect::<Vec<_>>(), next[..runs], "{expression} from {from}");
            rest = &after[runs..];
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}

#[test]
fn serve_reports_all_invalid_settings_and_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(support::KEYFERRY)
        .args(["serve"])
        .current_dir(dir.path())
        .env_clear()
        .env("AZURE_TENANT_ID", "contoso")
        .env("ENTRA_FIDO_API_VERSION", "v1.0")
        .env("YED_API_TOKEN", "s3cret-token")
        .env("CRON_PROCESS_SHIPMENT_SCHEDULE", "0 0 * * *")
        .env("KEYFERRY_SMTP_TLS", "none")
        .env("KEYFERRY_PIN_BY", "smtp")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty(), "{output:?}");
    let error = String::from_utf8(output.stdout).unwrap();
    let line: serde_json::Value = serde_json::from_str(&error).unwrap();
    assert_eq!(line["level"], "ERROR", "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    for name in [
        "AZURE_TENANT_ID",
        "ENTRA_FIDO_API_CLIENT_ID",
        "ENTRA_FIDO_API_CLIENT_SECRET",
        "ENTRA_FIDO_API_VERSION",
        "FIDO_Connector_Allowed_Audiences",
        "FIDO_Connector_Allowed_Client_Apps",
        "CRON_PROCESS_SHIPMENT_SCHEDULE",
        "KEYFERRY_SMTP_HOST",
        "KEYFERRY_SMTP_TLS",
        "KEYFERRY_MAIL_FROM",
    ] {
        assert!(error.contains(name), "{name} is not in:\n{error}");
    }
    assert!(!error.contains("s3cret-token"), "{error}");
    assert!(!dir.path().join("keyferry-data").exists(), "a failed start must not create files");
}

#[test]
fn serve_rejects_table_without_vault() {
    let dir = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(support::KEYFERRY)
        .args(["serve"])
        .current_dir(dir.path())
        .env_clear()
        .env("AZURE_TABLES_ENDPOINT", "https://x.table.core.windows.net")
        .output()
        .unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("AZURE_KEY_VAULT_ENDPOINT is not set, but is required with AZURE_TABLES_ENDPOINT")
    );
}

#[test]
fn scenario_succeeds_with_each_pin_delivery() {
    for way in ["smtp", "logic-app", "graph"] {
        let (code, out, err) = scenario(&["--pin-by", way]);
        assert_eq!(code, 0, "{way}\n{out}\n{err}");
        for step in 1..=14 {
            assert!(out.contains(&format!("{step:>2}")), "step {step} by {way} is not in the output:\n{out}");
        }
        assert!(!err.contains("ERROR"), "{err}");
    }
}

#[test]
fn scenario_fails_with_sabotage() {
    for sabotage in ["corrupt-pin", "delete-method"] {
        let (code, out, err) = scenario(&["--sabotage", sabotage]);
        assert_eq!(code, 1, "{sabotage}\n{out}\n{err}");
    }
}

#[test]
fn scenario_of_the_recipient_succeeds() {
    for way in ["smtp", "graph"] {
        let (code, out, err) = scenario(&["--person", "--pin-by", way]);
        assert_eq!(code, 0, "{out}\n{err}");
        assert!(out.contains("The lost key no longer signs in") && out.contains("all 26 steps"), "{out}");
    }
}

#[test]
fn scenario_of_the_recipient_notices_planted_failures() {
    let again = "step 14 failed (The link does not show the PIN again): the form, sent again: expected 410";
    let kept = "step 16 failed (The key is reported as lost, and its method is gone at once): methods of the recipient \
                right after the report: expected 0, but got 1";
    let failures =
        [("show-pin-again", again), ("keep-lost-key", kept), ("delete-method", "step 15 failed (The holder signs in)")];
    for (sabotage, failure) in failures {
        let (code, out, err) = scenario(&["--person", "--sabotage", sabotage]);
        assert_eq!(code, 1, "{out}\n{err}");
        assert!(err.contains(failure), "{err}");
    }
}

fn scenario(more: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let ports =
        ["--api-port", "0", "--probe-port", "0", "--sandbox-port", "0", "--smtp-port", "0", "--smtps-port", "0"];
    let args = [&["demo", "--scenario"][..], &ports, more].concat();
    let output = run(&args, dir.path());
    // Neither is data of an earlier demo used, nor is any left.
    assert!(dir.path().read_dir().unwrap().next().is_none());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn healthcheck_reports_by_exit_code() {
    let mut connector = Connector::start().await;
    let port = connector.probes.rsplit(':').next().unwrap().to_owned();
    let dir = tempfile::tempdir().unwrap();
    let check = |more: &[&str]| run(&[&["healthcheck", "--probe-port", &port], more].concat(), dir.path());
    assert!(check(&[]).status.success() && check(&["--alive"]).status.success());
    assert!(connector.process.stop());
    let output = check(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/readyz"), "the error names the URL");
}
