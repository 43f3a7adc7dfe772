use reqwest::Method;
use serde_json::{Value, json};

use crate::testing::{Bench, TEST_CLIENT};

const ADMINISTRATOR: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000007", "sandbox-administrator-secret");
/// Registration and service principal of the connector, and service principal of the test client.
const CONNECTOR_PRINCIPAL: &str = "5e000000-0000-4000-8000-000000000001";
const TEST_CLIENT_PRINCIPAL: &str = "5e000000-0000-4000-8000-000000000002";
const ROLE: &str = "8f6f1f0a-3c1e-4d57-9a53-5b0c1d2e0001";

fn role(id: &str, value: &str, enabled: bool) -> Value {
    json!({ "id": id, "value": value, "displayName": "a", "description": "b", "isEnabled": enabled })
}

fn scope(id: &str, value: &str, description: &str) -> Value {
    json!({
        "id": id, "value": value, "adminConsentDisplayName": "a", "adminConsentDescription": description,
        "isEnabled": true,
    })
}

async fn connector(bench: &Bench, token: &str) -> String {
    let path = "v1.0/applications?$filter=appId eq '0c0ffee0-0000-4000-8000-000000000001'";
    let (_, list) = bench.graph(token, Method::GET, path, None).await;
    format!("v1.0/applications/{}", list["value"][0]["id"].as_str().unwrap())
}

/// As Entra ID does: <https://github.com/MicrosoftDocs/azure-docs/issues/81899>.
#[tokio::test]
async fn role_and_scope_of_one_name_need_the_same_id_and_texts() {
    let bench = Bench::start().await;
    let token = bench.graph_token(ADMINISTRATOR).await;
    let path = connector(&bench, &token).await;
    for (roles, scopes, error) in [
        (json!([role(ROLE, "Order", true)]), json!([scope("s1", "Order", "b")]), "duplicate values"),
        (json!([role(ROLE, "Order", true)]), json!([scope(ROLE, "Order", "c")]), "The following values must match"),
        (json!([role(ROLE, "Order", false)]), json!([scope(ROLE, "Order", "b")]), "The following values must match"),
        (json!([role(ROLE, "Order", true), role(ROLE, "Read", true)]), json!([]), "duplicate values"),
        (json!([role(ROLE, "Order", true)]), json!([scope(ROLE, "Order", "b")]), ""),
    ] {
        let change = json!({ "appRoles": roles, "api": { "oauth2PermissionScopes": scopes } });
        let (status, body) = bench.graph(&token, Method::PATCH, &path, Some(&change)).await;
        assert_eq!(status, if error.is_empty() { 204 } else { 400 }, "{body}");
        assert!(error.is_empty() || body["error"]["message"].as_str().unwrap().contains(error), "{body}");
    }
}

#[tokio::test]
async fn assigned_role_is_in_tokens_for_the_api_only() {
    let bench = Bench::start().await;
    let client = format!("control/apps/{}", TEST_CLIENT.0);
    assert_eq!(bench.patch(&client, &json!({ "api_roles": [] })).send().await.unwrap().status(), 204);
    let token = bench.graph_token(ADMINISTRATOR).await;
    let path = connector(&bench, &token).await;
    let assign = format!("v1.0/servicePrincipals/{TEST_CLIENT_PRINCIPAL}/appRoleAssignments");
    let body = json!({
        "principalId": TEST_CLIENT_PRINCIPAL, "resourceId": CONNECTOR_PRINCIPAL, "appRoleId": ROLE,
    });
    let (status, refused) = bench.graph(&token, Method::POST, &assign, Some(&body)).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("Request_BadRequest")), "the role is not defined");
    let change = json!({ "appRoles": [role(ROLE, "Keyferry.Order", true)] });
    assert_eq!(bench.graph(&token, Method::PATCH, &path, Some(&change)).await.0, 204);
    assert_eq!(bench.graph(&token, Method::POST, &assign, Some(&body)).await.0, 201);
    assert_eq!(bench.graph(&token, Method::POST, &assign, Some(&body)).await.0, 400, "it is assigned already");
    let (_, held) = bench.graph(&token, Method::GET, &assign, None).await;
    let held = &held["value"][0];
    assert_eq!((&held["appRoleId"], &held["resourceId"]), (&json!(ROLE), &json!(CONNECTOR_PRINCIPAL)));

    let roles = async |scope: &str| {
        use base64::Engine as _;
        let token = bench.token(TEST_CLIENT, scope).await;
        let claims = token.split('.').nth(1).unwrap();
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
        serde_json::from_slice::<Value>(&claims).unwrap()["roles"].clone()
    };
    assert_eq!(roles("api://fido-connector-api.contoso.onmicrosoft.com/.default").await, json!(["Keyferry.Order"]));
    assert_eq!(roles("https://graph.microsoft.com/.default").await, Value::Null);
}
