use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Response;
use serde_json::{Value, json};

use crate::ground::directory::TENANT_ID;
use crate::testing::{Bench, CONNECTOR, TEST_CLIENT, read};

const API: &str = "api://fido-connector-api.contoso.onmicrosoft.com";

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn refused(answer: Response) -> (u16, String, u64) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    let code = body["error_codes"][0].as_u64().unwrap();
    let text = body["error_description"].as_str().unwrap();
    assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
    assert!(text.contains("Trace ID: ") && text.contains("Correlation ID: ") && text.contains("Timestamp: "));
    (status, body["error"].as_str().unwrap().to_owned(), code)
}

#[tokio::test]
async fn returns_a_code_for_each_error() {
    let bench = Bench::start().await;
    let good = [
        ("grant_type", "client_credentials"),
        ("client_id", CONNECTOR.0),
        ("client_secret", CONNECTOR.1),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let with = |name: &str, value: &'static str| {
        good.iter().map(|pair| if pair.0 == name { (pair.0, value) } else { *pair }).collect::<Vec<_>>()
    };
    let without = |name: &str| good.iter().filter(|pair| pair.0 != name).copied().collect::<Vec<_>>();
    let tenant = "contoso.onmicrosoft.com";
    let ask = async |tenant: &str, form: Vec<(&str, &str)>| refused(bench.token_answer(tenant, &form).await).await;

    assert_eq!(ask("nowhere.example", good.to_vec()).await, (400, "invalid_request".into(), 90002));
    assert_eq!(ask(tenant, with("client_secret", "x")).await, (401, "invalid_client".into(), 7_000_215));
    assert_eq!(ask(tenant, without("client_secret")).await, (401, "invalid_client".into(), 7_000_218));
    assert_eq!(
        ask(tenant, with("client_id", "0c0ffee0-0000-4000-8000-0000000000ff")).await,
        (400, "unauthorized_client".into(), 700_016)
    );
    assert_eq!(
        ask(tenant, with("scope", "https://graph.microsoft.com/User.Read")).await,
        (400, "invalid_scope".into(), 1_002_012)
    );
    assert_eq!(ask(tenant, with("scope", "a/.default b/.default")).await, (400, "invalid_scope".into(), 70011));
    assert_eq!(ask(tenant, with("scope", "api://nobody/.default")).await, (400, "invalid_resource".into(), 500_011));
    assert_eq!(ask(tenant, with("grant_type", "password")).await, (400, "unsupported_grant_type".into(), 70003));
    assert_eq!(ask(tenant, without("scope")).await, (400, "invalid_request".into(), 900_144));

    let app = format!("control/apps/{}", CONNECTOR.0);
    bench.patch(&app, &json!({"secret_expired": true})).send().await.unwrap();
    assert_eq!(ask(tenant, good.to_vec()).await, (401, "invalid_client".into(), 7_000_222));
    bench.patch(&app, &json!({"enabled": false})).send().await.unwrap();
    assert_eq!(ask(tenant, good.to_vec()).await, (400, "unauthorized_client".into(), 7_000_112));
}

#[tokio::test]
async fn accepts_secret_in_basic_header() {
    let bench = Bench::start().await;
    let basic = STANDARD.encode(format!("{}:{}", CONNECTOR.0, CONNECTOR.1));
    let answer = bench
        .http
        .post(bench.url(&format!("{TENANT_ID}/oauth2/v2.0/token")))
        .header("authorization", format!("Basic {basic}"))
        .form(&[("grant_type", "client_credentials"), ("scope", &format!("{API}/.default"))]);
    let (status, body) = read(answer).await;
    assert_eq!((status, body["expires_in"].as_i64()), (200, Some(3599)));
    assert_eq!(body["token_type"], "Bearer");
}

#[tokio::test]
async fn issues_both_versions_of_tokens_for_the_connector() {
    let bench = Bench::start().await;
    let one = claims(&bench.token(TEST_CLIENT, &format!("{API}/.default")).await);
    assert_eq!(one["ver"], "1.0");
    assert_eq!(one["aud"], API);
    assert_eq!(one["iss"], format!("https://sts.windows.net/{TENANT_ID}/"));
    assert_eq!((&one["appid"], &one["appidacr"]), (&json!(TEST_CLIENT.0), &json!("1")));
    assert_eq!(one["roles"].as_array().map(Vec::len), Some(6));
    assert!(one.get("scp").is_none());
    assert_eq!(one["oid"], one["sub"]);

    bench.put("control/settings", &json!({"access_token_version": 2})).send().await.unwrap();
    let two = claims(&bench.token(TEST_CLIENT, &format!("{API}/.default")).await);
    assert_eq!(two["ver"], "2.0");
    assert_eq!(two["aud"], CONNECTOR.0);
    assert_eq!(two["iss"], bench.url(&format!("{TENANT_ID}/v2.0")));
    assert_eq!(two["azp"], TEST_CLIENT.0);
    assert!(two.get("appid").is_none());
}

#[tokio::test]
async fn graph_tokens_have_granted_roles() {
    let bench = Bench::start().await;
    let token = claims(&bench.graph_token(CONNECTOR).await);
    let usual = ["UserAuthMethod-Passkey.ReadWrite.All", "User.Read.All", "Mail.Send"];
    let for_rules = ["GroupMember.Read.All", "RoleManagement.Read.Directory", "UserAuthMethod-Passkey.Read.All"];
    let for_passes = ["UserAuthMethod-TAP.ReadWrite.All"];
    assert_eq!(token["roles"], json!([&usual[..], &for_rules, &for_passes].concat()));
    assert_eq!(token["ver"], "1.0");
    let own_address = format!("{}.default", bench.sandbox.base_url());
    assert!(claims(&bench.token(CONNECTOR, &own_address).await)["roles"].is_array());
}

#[tokio::test]
async fn metadata_links_to_the_signing_keys() {
    let bench = Bench::start().await;
    for (path, issuer) in [
        ("contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration", bench.url(&format!("{TENANT_ID}/v2.0"))),
        ("contoso.onmicrosoft.com/.well-known/openid-configuration", format!("https://sts.windows.net/{TENANT_ID}/")),
    ] {
        let (status, document) = read(bench.get(path)).await;
        assert_eq!((status, document["issuer"].as_str()), (200, Some(issuer.as_str())));
        let (_, jwks) = read(bench.http.get(document["jwks_uri"].as_str().unwrap())).await;
        let token = bench.graph_token(CONNECTOR).await;
        let header: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!(header["kid"], jwks["keys"][0]["kid"]);
        assert_eq!(jwks["keys"][0]["kty"], "RSA");
    }
    bench.post("control/keys-rotate", &json!({"what": "token_signing"})).send().await.unwrap();
    let (_, jwks) = read(bench.get(&format!("{TENANT_ID}/discovery/v2.0/keys"))).await;
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    let (status, _) = read(bench.get("nowhere.example/discovery/v2.0/keys")).await;
    assert_eq!(status, 400);
}
