//! Environment of the program: environment variables, data directory, standard output and core dumps.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod support;

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Connector, KEYFERRY};

/// Returns the output of `keyferry serve`, which must fail to start.
fn start_error(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn non_utf8_variable_is_reported_only_for_settings() {
    let dir = tempfile::tempdir().unwrap();
    let odd = || OsString::from_vec(b"s3cret-\xff".to_vec());
    let serve = || {
        let mut command = Command::new(KEYFERRY);
        command.arg("serve").current_dir(dir.path()).env_clear().env("LS_COLORS", odd()).env(odd(), "x");
        command
    };
    let error = start_error(&mut serve());
    assert!(error.contains("AZURE_TENANT_ID") && !error.contains("LS_COLORS"), "{error}");
    let error = start_error(serve().env("YED_API_TOKEN", odd()));
    assert!(error.contains("YED_API_TOKEN is not UTF-8 text") && !error.contains("s3cret"), "{error}");
}

#[tokio::test]
async fn data_directory_belongs_to_one_tenant() {
    let mut first = Connector::start().await;
    assert!(first.process.stop());
    let other = "99999999-2222-4333-8444-555555555555";
    let error = start_error(
        Command::new(KEYFERRY)
            .args(["serve", "--api-port", "0", "--probe-port", "0", "--data-dir"])
            .arg(first.dir.path().join("data"))
            .env_clear()
            .env("AZURE_TENANT_ID", other)
            .env("ENTRA_FIDO_API_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000001")
            .env("ENTRA_FIDO_API_CLIENT_SECRET", "secret")
            .env("YED_API_TOKEN", "token")
            .env("KEYFERRY_CALLERS_CHECKED_BY", "platform")
            .env("SEND_PIN_URL", "https://prod-01.example/invoke?sig=x"),
    );
    for word in ["11111111-2222-4333-8444-555555555555", other, "--data-dir", "KEYFERRY_DATA_DIR"] {
        assert!(error.contains(word), "{word} is not in: {error}");
    }
}

/// Returns `keyferry serve` with valid settings for services that are not called before the servers listen.
fn serve(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(KEYFERRY);
    command.arg("serve").args(arguments).arg("--data-dir").arg(dir.join("data")).env_clear();
    command.env("AZURE_TENANT_ID", "11111111-2222-4333-8444-555555555555");
    command
        .env("ENTRA_FIDO_API_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000001")
        .env("ENTRA_FIDO_API_CLIENT_SECRET", "secret")
        .env("YED_API_TOKEN", "token")
        .env("KEYFERRY_CALLERS_CHECKED_BY", "platform")
        .env("SEND_PIN_URL", "https://prod-01.example/invoke?sig=x");
    command
}

#[test]
fn strict_mode_refuses_to_start_with_misspelt_variable() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = serve(dir.path(), &[]);
    command.env("CRON_PROCESS_SHIPMENTS_SCHEDULE", "HUSH-canary").env("KEYFERRY_STRICT_SETTINGS", "true");
    let error = start_error(&mut command);
    assert!(error.contains("CRON_PROCESS_SHIPMENTS_SCHEDULE is not a setting"), "{error}");
    assert!(error.contains("did you mean CRON_PROCESS_SHIPMENT_SCHEDULE?"), "{error}");
    assert!(!error.contains("HUSH"), "{error}");
}

#[tokio::test]
async fn misspelt_variable_is_logged_at_start() {
    let connector = Connector::with(&[("CRON_PROCESS_SHIPMENTS_SCHEDULE", "HUSH-canary")]).await;
    let log = std::fs::read_to_string(connector.dir.path().join("log")).unwrap();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("CRON_PROCESS_SHIPMENTS_SCHEDULE")).collect();
    let [line] = lines[..] else { panic!("{log}") };
    assert!(line.contains("WARN") && line.contains("CRON_PROCESS_SHIPMENT_SCHEDULE"), "{line}");
    assert!(!log.contains("HUSH"), "{log}");
}

#[test]
fn equal_ports_and_text_as_address_are_reported_by_option() {
    let dir = tempfile::tempdir().unwrap();
    let error = start_error(&mut serve(dir.path(), &["--api-port", "8081", "--probe-port", "8081"]));
    assert!(error.contains("KEYFERRY_API_PORT and KEYFERRY_PROBE_PORT are both 8081"), "{error}");
    assert!(error.contains("--api-port and --probe-port"), "{error}");
    let output = serve(dir.path(), &["--bind", "localhost:8080"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("'localhost:8080' for '--bind <ADDRESS>': not an IP address. Use 127.0.0.1"), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn core_dumps_are_disabled() {
    let connector = Connector::start().await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", connector.process.0.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}

#[cfg(target_os = "linux")]
#[test]
fn full_standard_output_ends_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = ["--sandbox-port", "0", "--smtp-port", "0", "--smtps-port", "0"];
    let connector = ["--api-port", "0", "--probe-port", "0", "--data-dir", "data"];
    for args in [vec!["sandbox"], [&["demo"][..], &connector].concat(), [&["demo", "--json"][..], &connector].concat()]
    {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = start_error(
            Command::new(KEYFERRY).args(&args).args(sandbox).current_dir(dir.path()).stdout(Stdio::from(full)),
        );
        assert!(error.contains("could not write to standard output"), "{args:?}: {error}");
    }
}
