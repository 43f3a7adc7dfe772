//! The commands that need no service.

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
fn the_next_runs_are_printed_one_a_line() {
    let (code, out, _) = schedule(&["0 */30 * * * *", "--from", "2026-11-23T10:15:30Z", "-n", "3"]);
    assert_eq!(code, 0);
    assert_eq!(out, "2026-11-23T10:30:00Z\n2026-11-23T11:00:00Z\n2026-11-23T11:30:00Z\n");
}

#[test]
fn an_expression_that_never_fires_says_never() {
    for never in ["0 0 0 31 2 *", "-"] {
        let (code, out, _) = schedule(&[never, "--from", "2026-11-23T10:15:30Z"]);
        assert_eq!((code, out.as_str()), (0, "never\n"), "{never}");
    }
}

#[test]
fn an_invalid_expression_ends_with_2_and_says_what_is_wrong() {
    let (code, out, err) = schedule(&["0 0 25 * * *"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("25") && err.contains("hour"), "{err}");
}

/// All answers of Spring's own class, through the command line.
#[test]
fn the_command_agrees_with_springs_own_answers() {
    let vectors = include_str!("../../engine/tests/data/spring-cron.tsv");
    let mut compared = 0;
    // Every seventh line: the engine's own test compares all of them without a process for each.
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
fn a_service_that_cannot_work_does_not_start_and_tells_everything_that_is_wrong() {
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
    assert!(!dir.path().join("keyferry-data").exists(), "nothing may be left behind");
}

#[test]
fn a_table_without_a_vault_is_refused() {
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
            .contains("AZURE_KEY_VAULT_ENDPOINT is not set beside AZURE_TABLES_ENDPOINT")
    );
}

#[test]
fn the_scenario_ends_with_a_sign_in() {
    for way in ["smtp", "logic-app", "graph"] {
        let (code, out, err) = scenario(&["--pin-by", way]);
        assert_eq!(code, 0, "{way}\n{out}\n{err}");
        for step in 1..=14 {
            assert!(out.contains(&format!("{step:>2}")), "step {step} by {way} is not told:\n{out}");
        }
        assert!(!err.contains("ERROR"), "{err}");
    }
}

#[test]
fn a_corrupted_pin_or_a_deleted_method_makes_the_scenario_fail() {
    for sabotage in ["corrupt-pin", "delete-method"] {
        let (code, out, err) = scenario(&["--sabotage", sabotage]);
        assert_eq!(code, 1, "{sabotage}\n{out}\n{err}");
    }
}

fn scenario(more: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let ports =
        ["--api-port", "0", "--probe-port", "0", "--sandbox-port", "0", "--smtp-port", "0", "--smtps-port", "0"];
    let args = [&["demo", "--scenario", "--data-dir", "data"][..], &ports, more].concat();
    let output = run(&args, dir.path());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn a_health_check_tells_by_its_exit_code() {
    let mut connector = Connector::start().await;
    let port = connector.probes.rsplit(':').next().unwrap().to_owned();
    let dir = tempfile::tempdir().unwrap();
    let check = |more: &[&str]| run(&[&["healthcheck", "--probe-port", &port], more].concat(), dir.path());
    assert!(check(&[]).status.success() && check(&["--alive"]).status.success());
    assert!(connector.process.stop());
    let output = check(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/readyz"), "it says whom it asked");
}
