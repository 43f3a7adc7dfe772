#![allow(clippy::disallowed_methods, reason = "the tests are clients of the sandbox and use their own HTTP client")]

use reqwest::{Certificate, Client, Method};
use serde_json::{Value, json};

use crate::testing::{Bench, CONNECTOR, GUIDE_CONNECTOR, read};

const SCOPE: &str = "https://vault.azure.net/.default";

struct Vault {
    bench: Bench,
    http: Client,
    token: String,
}

impl Vault {
    async fn open() -> Self {
        let bench = Bench::start().await;
        let ca = Certificate::from_pem(bench.sandbox.ca_pem().as_bytes()).unwrap();
        let http = Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
        let token = bench.token(CONNECTOR, SCOPE).await;
        Self { bench, http, token }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!(
            "{}{path}{}api-version=7.4",
            self.bench.sandbox.vault_url(),
            if path.contains('?') { '&' } else { '?' }
        );
        let request = self.http.request(method, url).bearer_auth(&self.token);
        read(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    async fn set(&self, name: &str, value: &str) -> (u16, Value) {
        self.call(Method::PUT, &format!("/secrets/{name}"), Some(json!({ "value": value }))).await
    }

    async fn settings(&self, change: Value) {
        self.bench.put("control/settings", &change).send().await.unwrap().error_for_status().unwrap();
    }
}

fn codes(answer: &(u16, Value)) -> (u16, &str, Option<&str>) {
    let error = &answer.1["error"];
    (answer.0, error["code"].as_str().unwrap_or_default(), error["innererror"]["code"].as_str())
}

#[tokio::test]
async fn refuses_missing_and_invalid_tokens() {
    let vault = Vault::open().await;
    let url = format!("{}/secrets/YED-API-TOKEN?api-version=7.4", vault.bench.sandbox.vault_url());
    let answer = vault.http.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(
        answer.headers()["www-authenticate"],
        "Bearer authorization=\"https://login.windows.net/11111111-2222-4333-8444-555555555555\", \
         resource=\"https://vault.azure.net\""
    );
    let graph = vault.bench.graph_token(CONNECTOR).await;
    let answer = read(vault.http.get(&url).bearer_auth(graph)).await;
    assert_eq!(codes(&answer), (401, "Unauthorized", None));
    vault.bench.pass(4000).await;
    assert_eq!(vault.get("/secrets/YED-API-TOKEN").await.0, 401, "the token has expired");
}

#[tokio::test]
async fn returns_the_callers_id() {
    let vault = Vault::open().await;
    let url = format!("{}/secrets/YED-API-TOKEN?api-version=7.4", vault.bench.sandbox.vault_url());
    let request = vault.http.get(url).bearer_auth(&vault.token).header("x-ms-client-request-id", "c0ffee");
    assert_eq!(request.send().await.unwrap().headers()["x-ms-client-request-id"], "c0ffee");
}

#[tokio::test]
async fn stores_versions_and_reads_the_latest() {
    let vault = Vault::open().await;
    let (status, first) = vault.set("Some-Name", "one").await;
    assert_eq!((status, &first["value"]), (200, &json!("one")));
    assert_eq!(first["attributes"]["recoveryLevel"], "Recoverable+Purgeable");
    vault.set("some-name", "two").await;
    assert_eq!(vault.get("/secrets/SOME-NAME").await.1["value"], "two", "names are case-insensitive");
    let id = first["id"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(vault.get(&format!("/secrets/Some-Name/{id}")).await.1["value"], "one");
    let (_, versions) = vault.get("/secrets/Some-Name/versions").await;
    assert_eq!(versions["value"].as_array().unwrap().len(), 2);
    assert!(!versions.to_string().contains("\"value\":\"one\""));

    let change = json!({ "attributes": { "enabled": false } });
    let (status, _) = vault.call(Method::PATCH, &format!("/secrets/Some-Name/{id}"), Some(change)).await;
    assert_eq!(status, 200);
    let refused = vault.get(&format!("/secrets/Some-Name/{id}")).await;
    assert_eq!(codes(&refused), (403, "Forbidden", Some("SecretDisabled")));
    assert_eq!(vault.get("/secrets/Some-Name").await.0, 200, "the latest version is enabled");
}

#[tokio::test]
async fn deleted_secret_reserves_its_name_until_purged() {
    let vault = Vault::open().await;
    vault.settings(json!({ "vault_deletion_looks": 1 })).await;
    vault.set("gone", "value").await;
    let (status, deleted) = vault.call(Method::DELETE, "/secrets/gone", None).await;
    assert_eq!(status, 200);
    assert!(deleted["recoveryId"].is_string() && deleted["scheduledPurgeDate"].is_i64());
    assert_eq!(codes(&vault.get("/secrets/gone").await), (404, "SecretNotFound", None));
    assert_eq!(codes(&vault.set("gone", "again").await), (409, "Conflict", Some("ObjectIsBeingDeleted")));
    assert_eq!(vault.get("/deletedsecrets/gone").await.0, 404, "deletion is in progress");
    assert_eq!(vault.get("/deletedsecrets/gone").await.0, 200);
    assert_eq!(codes(&vault.set("gone", "again").await), (409, "Conflict", Some("ObjectIsDeletedButRecoverable")));

    vault.settings(json!({ "vault_purge_protection": true })).await;
    assert_eq!(codes(&vault.call(Method::DELETE, "/deletedsecrets/gone", None).await), (403, "Forbidden", None));
    vault.settings(json!({ "vault_purge_protection": false })).await;
    assert_eq!(vault.call(Method::DELETE, "/deletedsecrets/gone", None).await.0, 204);
    assert_eq!(vault.set("gone", "again").await.0, 200);

    vault.settings(json!({ "vault_deletion_looks": 0 })).await;
    vault.call(Method::DELETE, "/secrets/gone", None).await;
    assert_eq!(vault.call(Method::POST, "/deletedsecrets/gone/recover", None).await.0, 200);
    assert_eq!(vault.get("/secrets/gone").await.1["value"], "again");
}

#[tokio::test]
async fn refuses_callers_without_role_and_behind_firewall() {
    let mut vault = Vault::open().await;
    let own = vault.token.clone();
    vault.token = vault.bench.token(GUIDE_CONNECTOR, SCOPE).await;
    let refused = vault.get("/secrets/YED-API-TOKEN").await;
    assert_eq!(codes(&refused), (403, "Forbidden", Some("ForbiddenByRbac")));
    assert!(refused.1["error"]["message"].as_str().unwrap().contains("secrets/getSecret/action"));

    let user = json!({ "azure_roles": ["Key Vault Secrets User"] });
    vault.bench.patch(&format!("control/apps/{}", GUIDE_CONNECTOR.0), &user).send().await.unwrap();
    assert_eq!(vault.get("/secrets/YED-API-TOKEN").await.1["value"], "sandbox-delivery-token");
    assert_eq!(codes(&vault.set("other", "x").await), (403, "Forbidden", Some("ForbiddenByRbac")));

    vault.token = own;
    vault.settings(json!({ "vault_firewall": true })).await;
    assert_eq!(codes(&vault.get("/secrets").await), (403, "Forbidden", Some("ForbiddenByFirewall")));
}

#[tokio::test]
async fn lists_secrets_in_pages_without_values() {
    let vault = Vault::open().await;
    for number in 0..5 {
        vault.set(&format!("many-{number}"), "value-of-it").await;
    }
    let (mut path, mut names) = ("/secrets?maxresults=3".to_owned(), Vec::new());
    loop {
        let (status, page) = vault.get(&path).await;
        assert_eq!(status, 200);
        assert!(!page.to_string().contains("value-of-it"));
        names.extend(page["value"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextLink"].as_str() else { break };
        path = next.strip_prefix(vault.bench.sandbox.vault_url()).unwrap().replace("api-version=7.4&", "");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 7);
    assert_eq!(codes(&vault.get("/secrets?maxresults=26").await), (400, "BadParameter", None));
}

#[tokio::test]
async fn refuses_invalid_input() {
    let vault = Vault::open().await;
    assert_eq!(codes(&vault.set("under_score", "x").await), (400, "BadParameter", None));
    assert_eq!(codes(&vault.set("long", &"x".repeat(25_601)).await), (400, "BadParameter", None));
    assert_eq!(vault.set("long", &"x".repeat(25_600)).await.0, 200);
    assert_eq!(codes(&vault.call(Method::PUT, "/secrets/none", Some(json!({}))).await), (400, "BadParameter", None));
    let bare = format!("{}/secrets/long", vault.bench.sandbox.vault_url());
    assert_eq!(read(vault.http.get(bare).bearer_auth(&vault.token)).await.0, 400, "api-version is missing");
}

#[tokio::test]
async fn control_api_rotates_disables_and_lists_secrets() {
    let vault = Vault::open().await;
    let fresh = json!({ "value": "second", "exp": 1_800_000_000 });
    let name = "control/vault/YED-API-TOKEN";
    assert_eq!(vault.bench.put(name, &fresh).send().await.unwrap().status(), 204);
    let (_, bundle) = vault.get("/secrets/YED-API-TOKEN").await;
    assert_eq!((&bundle["value"], &bundle["attributes"]["exp"]), (&json!("second"), &json!(1_800_000_000)));
    assert_eq!(vault.bench.patch(name, &json!({ "enabled": false })).send().await.unwrap().status(), 204);
    assert_eq!(codes(&vault.get("/secrets/YED-API-TOKEN").await), (403, "Forbidden", Some("SecretDisabled")));
    let (_, all) = read(vault.bench.get("control/vault")).await;
    assert_eq!(
        all["secrets"][1],
        json!({"name": "YED-API-TOKEN", "versions": 2, "enabled": false, "content_type": null})
    );
    assert!(!all.to_string().contains("second"));
    vault.bench.post("control/reset", &json!({})).send().await.unwrap();
    assert_eq!(vault.get("/secrets/YED-API-TOKEN").await.1["value"], "sandbox-delivery-token");
}
