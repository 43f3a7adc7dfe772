//! Checks the deployment files outside Azure: the systemd unit, with systemd's own tools, and the compose file.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::collections::BTreeSet;
use std::process::Command;

use keyferry_deploy::folder;
use serde_json::Value;

/// Checks the unit with `systemd-analyze`. Exposure is a number from 0 (best) to 10; the threshold is ten times as
/// much.
#[test]
fn systemd_accepts_the_unit_as_hardened() {
    let Some(analyze) = keyferry_outsiders::system("systemd-analyze") else { return };
    let unit = folder().join("systemd/keyferry.service");
    let ask = |arguments: &[&str]| {
        let output = Command::new(&analyze).args(arguments).arg(&unit).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (hardened, output) = ask(&["security", "--offline=true", "--threshold=15", "--no-pager"]);
    assert!(hardened, "{output}");
    let (_, output) = ask(&["verify", "--man=no"]);
    // The program is not installed where the tests run.
    let complaints =
        output.lines().filter(|line| line.contains("keyferry.service") && !line.contains("is not executable"));
    assert_eq!(complaints.collect::<Vec<_>>(), [""; 0]);

    // The check can fail: the same unit without its protections.
    let place = std::env::temp_dir().join(format!("keyferry-unit-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let text = std::fs::read_to_string(&unit).unwrap();
    let weakened: String =
        text.lines().filter(|line| !line.starts_with("Protect")).map(|line| format!("{line}\n")).collect();
    let open = place.join("keyferry.service");
    std::fs::write(&open, weakened).unwrap();
    let output =
        Command::new(&analyze).args(["security", "--offline=true", "--threshold=15", "--no-pager"]).arg(&open).output();
    assert!(!output.unwrap().status.success());
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn compose_file_is_hardened_and_sets_known_settings() {
    let Some(mut reader) = keyferry_outsiders::python("yaml/as_json.py") else { return };
    let output = reader.arg(folder().join("compose/compose.yaml")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let compose: Value = serde_json::from_slice(&output.stdout).unwrap();
    let service = &compose["services"]["keyferry"];
    assert_eq!(service["read_only"], true);
    assert_eq!(service["user"], "65532:65532");
    assert_eq!(service["cap_drop"][0], "ALL");
    assert_eq!(service["security_opt"][0], "no-new-privileges:true");
    assert_eq!(service["ports"][0], "127.0.0.1:8080:8080", "only the API is published, and only to this machine");
    let probe = service["healthcheck"]["test"].as_array().unwrap();
    assert_eq!(probe[1..], ["/usr/local/bin/keyferry", "healthcheck"]);

    let page = std::fs::read_to_string(folder().join("../docs/reference/settings.md")).unwrap();
    let known: BTreeSet<_> = page.lines().filter_map(|line| line.strip_prefix("### `")?.split('`').next()).collect();
    let secrets: BTreeSet<_> =
        service["secrets"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for (name, value) in service["environment"].as_object().unwrap() {
        let setting = name.strip_suffix("_FILE").filter(|name| known.contains(name)).unwrap_or(name);
        assert!(known.contains(setting), "{name} is not a setting of the connector");
        if let Some(secret) = value.as_str().and_then(|value| value.strip_prefix("/run/secrets/")) {
            assert!(secrets.contains(secret) && compose["secrets"][secret].is_object(), "{secret}");
        }
        assert!(
            !["SECRET", "TOKEN", "SEND_PIN_URL"].iter().any(|word| setting == name && name.ends_with(word)),
            "{name} is not in a file"
        );
    }
}
