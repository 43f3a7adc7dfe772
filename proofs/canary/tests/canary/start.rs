//! Output without a running connector: errors for invalid settings, and commands that need no settings.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::PROGRAM;
use crate::search::Canaries;

const CANARY: &str = "Kz7qVt4nXw9-Rb2mLc6yHj8";

/// Runs the program. Returns its output, and stdout and stderr as one text.
fn run(dir: &Path, args: &[&str], settings: &[(&str, &str)]) -> (Output, Vec<u8>) {
    let mut command = Command::new(PROGRAM);
    command.args(args).env_clear().env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace").current_dir(dir);
    let output = command.envs(settings.iter().copied()).output().unwrap();
    let text = [output.stdout.clone(), output.stderr.clone()].concat();
    (output, text)
}

fn leaks(haystack: &[u8]) -> bool {
    let mut canaries = Canaries::default();
    canaries.add("the secret", CANARY.as_bytes());
    !canaries.find(haystack).is_empty()
}

/// Valid settings, so that the error is about the invalid setting of the test.
const GOOD: &[(&str, &str)] = &[
    ("AZURE_TENANT_ID", "11111111-2222-4333-8444-555555555555"),
    ("ENTRA_FIDO_API_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000001"),
    ("ENTRA_FIDO_API_CLIENT_SECRET", "secret"),
    ("MS_LOGIN_ONLINE_ENDPOINT", "http://127.0.0.1:1"),
    ("YED_API_TOKEN", "token"),
    ("KEYFERRY_CALLERS_CHECKED_BY", "platform"),
    ("SEND_PIN_URL", "https://prod-01.example/invoke?sig=x"),
    ("KEYFERRY_API_PORT", "0"),
    ("KEYFERRY_PROBE_PORT", "0"),
];

/// Asserts that `serve` fails with these invalid settings, with an error that does not contain the secret.
fn assert_rejected(wrong: &[(&str, String)], file: &str) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("keyferry.toml"), file).unwrap();
    let replaced = |name: &str| {
        let given = |(other, _): &(&str, String)| other.strip_suffix("_FILE").unwrap_or(other) == name;
        wrong.iter().any(given) || file.contains(name)
    };
    let mut settings: Vec<_> = GOOD.iter().copied().filter(|(name, _)| !replaced(name)).collect();
    settings.extend(wrong.iter().map(|(name, value)| (*name, value.as_str())));
    let (output, text) = run(dir.path(), &["serve", "--config", "keyferry.toml"], &settings);
    let shown = String::from_utf8_lossy(&text);
    assert_eq!(output.status.code(), Some(1), "{wrong:?} {file}: {shown}");
    assert!(shown.len() > 60, "{wrong:?}: {shown}");
    assert!(!leaks(&text), "{wrong:?} {file}: {shown}");
}

#[test]
fn error_does_not_show_invalid_secret() {
    for address in [
        CANARY.to_owned(),
        format!("http://prod-01.example/w?sig={CANARY}"),
        format!("https://user:{CANARY}@prod-01.example/w?sig={CANARY}"),
        format!("https://{CANARY}@prod-01.example/"),
        format!("ftp://prod-01.example/w?sig={CANARY}"),
        format!("https://[{CANARY}/w"),
        format!("https://prod-01.example:{CANARY}/w"),
        format!("https:///?sig={CANARY}"),
        format!("sig={CANARY}"),
    ] {
        for name in ["SEND_PIN_URL", "MS_GRAPH_ENDPOINT", "YE_API_BASE_URL"] {
            // For settings that are not secret, errors show the host, or a text that is not a URL.
            if name == "SEND_PIN_URL" || address.contains(['@', '?']) {
                assert_rejected(&[(name, address.clone())], "");
            }
        }
    }
    assert_rejected(
        &[
            ("SEND_PIN_URL", format!("https://a.example/?sig={CANARY}")),
            ("EMAIL_API_SEND_ENDPOINT", format!("https://b.example/?sig={CANARY}")),
        ],
        "",
    );
    let smtp = |more: &[(&'static str, &str)]| {
        let mut all = vec![("KEYFERRY_PIN_BY", "smtp".to_owned()), ("KEYFERRY_SMTP_HOST", "localhost".to_owned())];
        all.push(("KEYFERRY_MAIL_FROM", "keys@contoso.example".to_owned()));
        all.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        assert_rejected(&all, "");
    };
    smtp(&[("KEYFERRY_SMTP_PASSWORD", CANARY)]);
    smtp(&[("KEYFERRY_SMTP_PASSWORD_FILE", CANARY), ("KEYFERRY_SMTP_USER", "keys")]);
    // An unknown name (a typo) with a secret value.
    assert_rejected(&[("KEYFERRY_SMTP_PASSWROD", CANARY.to_owned())], "");
}

/// A secret in place of the name of its file.
#[test]
fn error_does_not_show_secret_in_place_of_path() {
    for name in ["YED_API_TOKEN_FILE", "ENTRA_FIDO_API_CLIENT_SECRET_FILE", "SEND_PIN_URL_FILE"] {
        for value in [CANARY.to_owned(), format!("https://prod-01.example/w?sig={CANARY}"), format!("a/b+{CANARY}=")] {
            assert_rejected(&[(name, value)], "");
        }
    }
    assert_rejected(&[("YED_API_TOKEN", CANARY.to_owned()), ("YED_API_TOKEN_FILE", CANARY.to_owned())], "");
    // An error does show a value that looks like a path.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token").display().to_string();
    let mut settings: Vec<_> = GOOD.iter().copied().filter(|(name, _)| *name != "YED_API_TOKEN").collect();
    settings.push(("YED_API_TOKEN_FILE", &path));
    let (_, text) = run(dir.path(), &["serve"], &settings);
    assert!(String::from_utf8_lossy(&text).contains(&path));
}

#[test]
fn error_does_not_show_invalid_settings_file() {
    for file in [
        format!("YED_API_TOKEN = {CANARY}"),
        format!("YED_API_TOKEN = \"{CANARY}"),
        format!("YED_API_TOKEN = '{CANARY}\""),
        format!("YED_API_TOKEN = \"{CANARY}\"\nYED_API_TOKEN = \"{CANARY}\""),
        format!("YED_API_TOKEN = \"{CANARY}\" {CANARY}"),
        format!("YED_API_TOKEN = \"\\q{CANARY}\""),
        format!("YED_API_TOKEN : \"{CANARY}\""),
        format!("YED_API_TOKEN = [{CANARY}]"),
        format!("SEND_PIN_URL = {{ url = \"https://x.example/?sig={CANARY}\" }}"),
        format!("SEND_PIN_URL = [\"https://x.example/?sig={CANARY}\"]"),
        format!("KEYFERRY_PIN_BY = \"smtp\"\nKEYFERRY_SMTP_PASSWORD = \"{CANARY}\""),
        format!("YED_TOKEN = \"{CANARY}\""),
    ] {
        assert_rejected(&[], &file);
    }
}

#[test]
fn error_does_not_show_invalid_key_file() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    for (mode, content) in [(0o600, CANARY.to_owned()), (0o644, format!("{CANARY:0<32}")), (0o600, CANARY.repeat(9))] {
        std::fs::write(&key, content).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_rejected(&[("KEYFERRY_KEY_FILE", key.display().to_string())], "");
    }
    for name in ["KEYFERRY_EXTRA_CA_FILE", "KEYFERRY_TRUST_ANCHORS"] {
        for content in
            [CANARY.to_owned(), format!("-----BEGIN CERTIFICATE-----\n{CANARY}\n-----END CERTIFICATE-----\n")]
        {
            std::fs::write(&key, content).unwrap();
            assert_rejected(&[(name, key.display().to_string())], "");
        }
    }
}

#[test]
fn other_commands_show_no_settings() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("https://prod-01.example/w?sig={CANARY}");
    let secrets = [
        ("YED_API_TOKEN", CANARY),
        ("ENTRA_FIDO_API_CLIENT_SECRET", CANARY),
        ("KEYFERRY_SMTP_PASSWORD", CANARY),
        ("SEND_PIN_URL", &url),
        ("EMAIL_API_SEND_ENDPOINT", &url),
    ];
    for args in [
        &["settings"][..],
        &["openapi"],
        &["schedule", "0 0 * * * *"],
        &["schedule", "nonsense"],
        &["--help"],
        &["--version"],
        &["help", "serve"],
        &["serve", "--help"],
        &["serve"],
        &["demo", "--help"],
        &["nonsense"],
        &["serve", "--config", "missing.toml"],
    ] {
        let (_, text) = run(dir.path(), args, &secrets);
        assert!(text.len() > 10 && !leaks(&text), "{args:?}: {}", String::from_utf8_lossy(&text));
    }
    assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none(), "no file may remain");
}

/// The check finds a leak.
#[test]
fn finds_a_planted_leak() {
    let dir = tempfile::tempdir().unwrap();
    let (_, text) = run(dir.path(), &["serve"], &[("KEYFERRY_PIN_BY", CANARY)]);
    assert!(leaks(&text));
}
