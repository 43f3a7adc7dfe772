use serde_json::json;

use crate::testing::{ADA, AUDITOR, Bench, CONNECTOR, GUIDE_CONNECTOR, TEST_CLIENT, read};

const OPTIONS: &str = "authentication/fido2Methods/creationOptions";

#[tokio::test]
async fn refuses_missing_and_invalid_tokens() {
    let bench = Bench::start().await;
    let path = format!("v1.0/users/{ADA}");
    let bare = bench.get(&path).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    let challenge = bare.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.starts_with("Bearer realm=\"\", authorization_uri="), "{challenge}");

    let ask = async |token: &str| read(bench.get(&path).bearer_auth(token)).await;
    let good = bench.graph_token(CONNECTOR).await;
    assert_eq!(ask(&good).await.0, 200);
    let other_audience = bench.token(CONNECTOR, "api://fido-connector-api.contoso.onmicrosoft.com/.default").await;
    for bad in ["opaque", &format!("{good}x"), &other_audience] {
        let (status, body) = ask(bad).await;
        assert_eq!((status, body["error"]["code"].as_str()), (401, Some("InvalidAuthenticationToken")), "{body}");
    }
    bench.pass(3600).await;
    let (status, body) = ask(&good).await;
    assert_eq!(
        (status, body["error"]["message"].as_str()),
        (401, Some("Lifetime validation failed, the token is expired."))
    );
}

#[tokio::test]
async fn returns_ids_in_headers_and_errors() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let ask = |path: String| bench.get(&path).bearer_auth(&token).header("client-request-id", "c0ffee");
    let answer = ask(format!("beta/users/nobody/{OPTIONS}")).send().await.unwrap();
    assert_eq!(answer.headers()["client-request-id"], "c0ffee");
    let request_id = answer.headers()["request-id"].to_str().unwrap().to_owned();
    let error = answer.json::<serde_json::Value>().await.unwrap()["error"].clone();
    assert_eq!(error["innerError"]["client-request-id"], "c0ffee");
    assert_eq!(error["innerError"]["request-id"], json!(request_id));
    assert_eq!(error["innerError"]["message"], error["message"]);
    assert_eq!(error["innerError"]["date"].as_str().unwrap().len(), "2024-12-01T12:43:54".len());

    let found = bench.get("v1.0/organization").bearer_auth(&token).header("client-request-id", "c0ffee");
    assert_eq!(found.send().await.unwrap().headers()["client-request-id"], "c0ffee");

    // The directory does not repeat the message. Without a caller's id, `client-request-id` is the `request-id`.
    let answer = bench.get("v1.0/users/nobody").bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.headers()["client-request-id"], answer.headers()["request-id"]);
    let error = answer.json::<serde_json::Value>().await.unwrap()["error"].clone();
    assert!(error["innerError"].get("message").is_none());
}

#[tokio::test]
async fn requires_the_permission_of_each_operation() {
    let bench = Bench::start().await;
    let get = async |client, path: &str| {
        let token = bench.graph_token(client).await;
        let (status, body) = read(bench.get(path).bearer_auth(token)).await;
        (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let methods = format!("beta/users/{ADA}/authentication/fido2Methods");
    let options = format!("beta/users/{ADA}/{OPTIONS}");
    let user = format!("v1.0/users/{ADA}");
    let manager = format!("v1.0/users/{ADA}/manager");
    let denied = |code: &str| (403, code.to_owned());

    assert_eq!(get(GUIDE_CONNECTOR, &options).await.0, 200);
    assert_eq!(get(GUIDE_CONNECTOR, &format!("{methods}/AAAA0")).await.0, 404);
    assert_eq!(get(GUIDE_CONNECTOR, &methods).await, denied("accessDenied"));
    assert_eq!(get(GUIDE_CONNECTOR, &user).await, denied("Authorization_RequestDenied"));
    assert_eq!(get(GUIDE_CONNECTOR, &manager).await, denied("Authorization_RequestDenied"));
    assert_eq!(get(CONNECTOR, &user).await.0, 200);
    assert_eq!(get(CONNECTOR, &manager).await.0, 200);
    assert_eq!(get(AUDITOR, &methods).await.0, 200);
    assert_eq!(get(AUDITOR, "v1.0/auditLogs/directoryAudits").await.0, 200);
    assert_eq!(get(CONNECTOR, "v1.0/auditLogs/directoryAudits").await.0, 403);
    assert_eq!(get(TEST_CLIENT, &options).await, denied("accessDenied"));
    let policy = "v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2";
    assert_eq!(get(CONNECTOR, policy).await.0, 403);
    let reader = json!({"graph_roles": ["Policy.Read.All"]});
    bench.patch(&format!("control/apps/{}", CONNECTOR.0), &reader).send().await.unwrap();
    assert_eq!(get(CONNECTOR, policy).await.0, 200);
}

#[tokio::test]
async fn throttles_only_if_the_setting_is_on() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let path = format!("beta/users/{ADA}/{OPTIONS}");
    for _ in 0..6 {
        assert_eq!(bench.get(&path).bearer_auth(&token).send().await.unwrap().status(), 200);
    }
    bench.set("settings", json!({"graph_rate": {"requests": 5, "seconds": 10}})).await;
    for _ in 0..5 {
        assert_eq!(bench.get(&path).bearer_auth(&token).send().await.unwrap().status(), 200);
    }
    let limited = bench.get(&path).bearer_auth(&token).send().await.unwrap();
    assert_eq!(limited.status(), 429);
    let wait: i64 = limited.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait));
    bench.pass(wait).await;
    assert_eq!(bench.get(&path).bearer_auth(&token).send().await.unwrap().status(), 200);
}
