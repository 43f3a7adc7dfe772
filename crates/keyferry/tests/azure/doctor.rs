//! `keyferry doctor` for a deployment in Azure, with a fault in each part.

use reqwest::Method;
use serde_json::{Value, json};

use super::place::Place;

/// Returns the worst outcome of a check and its finding as JSON text.
async fn examine(place: &Place, more: &[(&str, &str)], check: &str) -> (String, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = place.command(&["doctor", "--json"], more, dir.path()).await;
    command.env("KEYFERRY_PROBE_PORT", "1");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let of_check = report["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == check);
    let rank = |finding: &&Value| ["ok", "warning", "failed"].iter().position(|one| finding["outcome"] == *one);
    let worst = of_check.max_by_key(rank).unwrap_or_else(|| panic!("{check}: {report:#}"));
    assert_eq!(output.status.success(), report["failed"] == 0);
    (worst["outcome"].as_str().unwrap().to_owned(), worst.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finds_faults_of_table_vault_and_identity() {
    let Some(place) = Place::new().await else { return };
    for check in ["records", "secrets", "events", "token for Graph", "API token"] {
        let (outcome, finding) = examine(&place, &[], check).await;
        assert_eq!(outcome, "ok", "{finding}");
    }
    let names = place.secrets().await;
    assert_eq!(names, ["ENTRA-FIDO-API-CLIENT-SECRET", "YED-API-TOKEN"], "probes are removed");

    let says = async |more: &[(&str, &str)], check: &str, wanted: &str, words: &[&str]| {
        let (outcome, finding) = examine(&place, more, check).await;
        assert_eq!(outcome, wanted, "{finding}");
        words.iter().for_each(|word| assert!(finding.contains(word), "{word} is not in {finding}"));
    };
    says(&[("AZURE_TABLES_SHIPMENTS_TABLE_NAME", "nosuchtable")], "records", "failed", &["nosuchtable"]).await;
    says(&[("IDENTITY_HEADER", "another")], "secrets", "failed", &["identity"]).await;
    says(&[("KEYFERRY_VAULT_API_TOKEN", "NO-SUCH")], "API token", "failed", &["NO-SUCH"]).await;

    let identity = "/apps/0c0ffee0-0000-4000-8000-000000000006";
    place.control(Method::PATCH, identity, &json!({ "azure_roles": ["Storage Table Data Contributor"] })).await;
    says(&[], "secrets", "failed", &["Key Vault Secrets Officer"]).await;
    let both = json!({ "azure_roles": ["Storage Table Data Contributor", "Key Vault Secrets Officer"] });
    place.control(Method::PATCH, identity, &both).await;
    place.control(Method::PUT, "/settings", &json!({ "vault_firewall": true })).await;
    says(&[], "secrets", "failed", &["firewall"]).await;
    place.control(Method::PUT, "/settings", &json!({ "vault_firewall": false })).await;

    // Expiry dates of the two secrets.
    let day = 86_400;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().cast_signed();
    for (days, wanted, words) in [(400, "ok", "in 3"), (10, "warning", "days"), (-2, "failed", "expired on")] {
        place.control(Method::PATCH, "/vault/YED-API-TOKEN", &json!({ "exp": now + days * day })).await;
        says(&[], "app credential expiry", wanted, &["YED-API-TOKEN", words]).await;
    }
}
