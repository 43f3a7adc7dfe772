//! Property tests of settings: a value is accepted or rejected by the setting's name, and no error shows a secret.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;

use proptest::prelude::*;
use tempfile::tempdir;

use keyferry_testkit::mutation::{any_bytes, any_text, config, edited, edits};

use super::declarations::all;
use super::{Source, read};

const CANARY: &str = "HUSH-canary";

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any_text(),
        "-?[0-9]{1,20}",
        "(true|false|0|1|smtp|graph|logic_app|debug|-|none|platform)",
        "(https?|file)://(localhost|api\\.example|\\[::1\\])(:[0-9]{1,6})?(/[a-z%?#&=]{0,8})?",
        "[0-9*]{1,2} [0-9*/]{1,3} \\* \\* \\* [A-Z?*]{1,3}",
        "([a-z]{1,5}(,| ){0,2}){0,4}",
    ]
}

/// Returns one to three settings with generated values, to be set in addition to the required ones.
fn settings() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let names: Vec<_> = all().iter().map(|setting| setting.name).collect();
    prop::collection::vec((prop::sample::select(names), value()), 1..4)
}

fn required() -> Vec<(&'static str, String)> {
    [
        ("AZURE_TENANT_ID", "11111111-2222-4333-8444-555555555555"),
        ("ENTRA_FIDO_API_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000001"),
        ("ENTRA_FIDO_API_CLIENT_SECRET", CANARY),
        ("YED_API_TOKEN", CANARY),
        ("FIDO_Connector_Allowed_Audiences", "api://a"),
        ("FIDO_Connector_Allowed_Client_Apps", "0c0ffee0-0000-4000-8000-000000000002"),
        ("SEND_PIN_URL", "https://prod-01.example/workflows/w/invoke?sig=HUSH-canary"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

proptest! {
    #![proptest_config(config(128))]

    /// An error names the setting and shows none of the secrets in other settings.
    #[test]
    fn any_value_is_accepted_or_rejected_by_name(settings in settings()) {
        let mut source = Source::of(required());
        for (name, value) in &settings {
            source.set(name, value.clone());
        }
        let Err(errors) = read(&source) else { return Ok(()) };
        prop_assert!(!errors.is_empty());
        for error in errors {
            let error = error.to_string();
            prop_assert!(!error.contains(CANARY), "{}", error);
            prop_assert!(all().iter().any(|setting| error.contains(setting.name)), "{}", error);
            prop_assert!(!error.chars().any(|c| c.is_control() && c != '\n'), "{:?}", error);
        }
    }

    /// The value of a secret setting is not shown, however invalid it is.
    #[test]
    fn secrets_are_never_shown(edits in edits(), before in any_text(), after in any_text()) {
        let url = "https://user@prod-01.example/workflows/w/invoke?sig=HUSH-canary";
        let url = String::from_utf8_lossy(&edited(url.as_bytes(), &edits)).into_owned();
        for setting in all().iter().filter(|setting| setting.secret) {
            for value in [format!("{before}{CANARY}{after}"), url.clone()] {
                let mut source = Source::of(required());
                source.set(setting.name, value);
                for error in read(&source).err().unwrap_or_default() {
                    prop_assert!(!error.to_string().contains(CANARY), "{}", error);
                }
            }
        }
    }

    /// Names and values of the environment and the settings file may be any bytes.
    #[test]
    fn any_environment_and_file_are_read_or_rejected(
        edits in edits(),
        bytes in any_bytes(80),
        text in any_text(),
        settings in settings(),
        name in any_bytes(12),
        value in any_bytes(12),
    ) {
        let folder = tempdir().unwrap();
        let file = folder.path().join("keyferry.toml");
        let valid = "AZURE_TENANT_ID = \"t\"\nKEYFERRY_API_PORT = 8080\nYED_API_TOKEN = \"HUSH-canary\"\n[x]\n";
        let line = |(name, value): &(&str, String)| format!("{name} = {}\n", serde_json::Value::from(value.as_str()));
        let lines: String = settings.iter().map(line).collect();
        for content in [edited(valid.as_bytes(), &edits), bytes, text.into_bytes(), lines.into_bytes()] {
            fs::write(&file, &content).unwrap();
            let names = [name.clone(), [b"KEYFERRY_", name.as_slice()].concat(), b"YED_API_TOKEN".to_vec()];
            let environment = names
                .into_iter()
                .filter(|name| !name.contains(&0))
                .map(|name| (OsString::from_vec(name), OsString::from_vec(value.clone())));
            match Source::read(environment, Some(&file)) {
                Ok(source) => drop(read(&source)),
                Err(errors) => {
                    for error in errors {
                        prop_assert!(!error.to_string().contains(CANARY), "{}", error);
                    }
                }
            }
        }
    }
}
