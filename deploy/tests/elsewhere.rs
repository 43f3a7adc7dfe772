//! The files for those without Azure: the systemd unit, asked of systemd itself, and the compose file.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::collections::BTreeSet;
use std::process::Command;

use keyferry_deploy::folder;
use serde_json::Value;

/// systemd's own word on the unit. Exposure is from 0 (sealed) to 10.
#[test]
fn systemd_takes_the_unit_and_finds_it_hardened() {
    let Some(analyze) = keyferry_outsiders::system("systemd-analyze") else { return };
    let unit = folder().join("systemd/keyferry.service");
    let ask = |arguments: &[&str]| {
        let output = Command::new(&analyze).args(arguments).arg(&unit).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (hardened, said) = ask(&["security", "--offline=true", "--threshold=15", "--no-pager"]);
    assert!(hardened, "{said}");
    let (_, said) = ask(&["verify", "--man=no"]);
    // The program is not installed where the tests run.
    let complaints =
        said.lines().filter(|line| line.contains("keyferry.service") && !line.contains("is not executable"));
    assert_eq!(complaints.collect::<Vec<_>>(), [""; 0]);

    // It would notice: the same unit without its seals.
    let place = std::env::temp_dir().join(format!("keyferry-unit-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let text = std::fs::read_to_string(&unit).unwrap();
    let spoilt: String =
        text.lines().filter(|line| !line.starts_with("Protect")).map(|line| format!("{line}\n")).collect();
    let open = place.join("keyferry.service");
    std::fs::write(&open, spoilt).unwrap();
    let output =
        Command::new(&analyze).args(["security", "--offline=true", "--threshold=15", "--no-pager"]).arg(&open).output();
    assert!(!output.unwrap().status.success());
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn the_compose_file_is_closed_and_sets_what_the_connector_reads() {
    let Some(mut reader) = keyferry_outsiders::python("yaml/as_json.py") else { return };
    let output = reader.arg(folder().join("compose/compose.yaml")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let compose: Value = serde_json::from_slice(&output.stdout).unwrap();
    let service = &compose["services"]["keyferry"];
    assert_eq!(service["read_only"], true);
    assert_eq!(service["user"], "65532:65532");
    assert_eq!(service["cap_drop"][0], "ALL");
    assert_eq!(service["security_opt"][0], "no-new-privileges:true");
    assert_eq!(service["ports"][0], "127.0.0.1:8080:8080", "the API behind a proxy, and the probes not at all");
    let probe = service["healthcheck"]["test"].as_array().unwrap();
    assert_eq!(probe[1..], ["/usr/local/bin/keyferry", "healthcheck"]);

    let page = std::fs::read_to_string(folder().join("../docs/reference/settings.md")).unwrap();
    let known: BTreeSet<_> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let secrets: BTreeSet<_> =
        service["secrets"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for (name, value) in service["environment"].as_object().unwrap() {
        let setting = name.strip_suffix("_FILE").filter(|name| known.contains(name)).unwrap_or(name);
        assert!(known.contains(setting), "{name} is a setting that nobody reads");
        if let Some(secret) = value.as_str().and_then(|value| value.strip_prefix("/run/secrets/")) {
            assert!(secrets.contains(secret) && compose["secrets"][secret].is_object(), "{secret}");
        }
        assert!(
            !["SECRET", "TOKEN", "SEND_PIN_URL"].iter().any(|word| setting == name && name.ends_with(word)),
            "{name} is plain"
        );
    }
}
