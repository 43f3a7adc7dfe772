//! `docs/reference/openapi.json`, checked by linters of others. A test of `keyferry-api` keeps the file current.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::process::Output;

use keyferry_outsiders::{folder, tool};

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn document() -> std::path::PathBuf {
    folder().with_file_name("docs").join("reference/openapi.json")
}

#[test]
fn spectral_has_no_findings() {
    let Some(mut spectral) = tool("spectral") else { return };
    spectral.args(["lint", "--fail-severity", "hint", "--display-only-failures", "--ruleset"]);
    let output = spectral.arg(folder().join("api/spectral.yaml")).arg(document()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("No results"), "{}", text(&output));
}

#[test]
fn redocly_has_no_findings() {
    let Some(mut redocly) = tool("redocly") else { return };
    redocly.args(["lint", "--extends", "recommended", "--format", "json"]).arg(document());
    // Nothing is sent to the authors of the program.
    redocly.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    let output = redocly.output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["totals"]["errors"], 0, "{report:#}");
    assert_eq!(report["totals"]["warnings"], 0, "{report:#}");
    assert_eq!(report["totals"]["ignored"], 0, "{report:#}");
}
