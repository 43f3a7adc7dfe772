use reqwest::Method;
use serde_json::{Value, json};

use crate::testing::{ADA, Bench, CONNECTOR, read};

const EMPLOYEES: &str = "9c0ffee0-0000-4000-8000-000000000001";
const CONTRACTORS: &str = "9c0ffee0-0000-4000-8000-000000000002";
const NO_GROUP: &str = "9c0ffee0-0000-4000-8000-0000000000ff";
const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
const SERVICE_SUPPORT: &str = "f023fd81-a637-4b56-95fd-791ac0226033";

async fn set(bench: &Bench, what: &str, change: Value) {
    let (status, body) = read(bench.patch(&format!("control/{what}"), &change)).await;
    assert!(matches!(status, 200 | 204), "{body}");
}

async fn check(bench: &Bench, token: &str, user: &str, groups: &[&str]) -> (u16, Value) {
    let path = format!("v1.0/users/{user}/checkMemberGroups");
    bench.graph(token, Method::POST, &path, Some(&json!({"groupIds": groups}))).await
}

async fn roles(bench: &Bench, token: &str, user: &str) -> (u16, Value) {
    let path = format!(
        "beta/roleManagement/directory/transitiveRoleAssignments?$count=true&$filter=principalId%20eq%20%27{user}%27"
    );
    read(bench.get(&path).bearer_auth(token).header("ConsistencyLevel", "eventual")).await
}

#[tokio::test]
async fn memberships_are_transitive_and_unknown_groups_are_ignored() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    set(&bench, &format!("groups/{CONTRACTORS}"), json!({"members": [ADA]})).await;
    set(&bench, &format!("groups/{EMPLOYEES}"), json!({"members": [CONTRACTORS]})).await;
    for user in [ADA, "ada.lovelace@contoso.onmicrosoft.com"] {
        let (status, body) = check(&bench, &token, user, &[EMPLOYEES, NO_GROUP]).await;
        assert_eq!((status, &body["value"]), (200, &json!([EMPLOYEES])));
        assert_eq!(body["@odata.context"], "https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)");
    }
    assert_eq!(check(&bench, &token, "nobody@x.y", &[EMPLOYEES]).await.0, 404);
    assert_eq!(check(&bench, &token, ADA, &[EMPLOYEES; 20]).await.0, 200);
    assert_eq!(check(&bench, &token, ADA, &[EMPLOYEES; 21]).await.0, 400);
    let group = async |id| bench.graph(&token, Method::GET, &format!("v1.0/groups/{id}"), None).await;
    assert_eq!(group(EMPLOYEES).await.1["displayName"], "Employees");
    assert_eq!(group(NO_GROUP).await.0, 404);
}

#[tokio::test]
async fn role_assignments_contain_those_of_groups() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    assert_eq!(roles(&bench, &token, ADA).await.1["value"], json!([]));
    set(&bench, &format!("users/{ADA}"), json!({"roles": [SERVICE_SUPPORT]})).await;
    set(&bench, &format!("groups/{EMPLOYEES}"), json!({"members": [ADA], "roles": [USER_ADMINISTRATOR]})).await;
    let (status, body) = roles(&bench, &token, ADA).await;
    let pairs: Vec<_> = body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["principalId"].as_str().unwrap(), one["roleDefinitionId"].as_str().unwrap()))
        .collect();
    assert_eq!((status, pairs), (200, vec![(ADA, SERVICE_SUPPORT), (EMPLOYEES, USER_ADMINISTRATOR)]));
    for (role, privileged) in [(SERVICE_SUPPORT, false), (USER_ADMINISTRATOR, true)] {
        let path = format!("beta/roleManagement/directory/roleDefinitions/{role}");
        assert_eq!(bench.graph(&token, Method::GET, &path, None).await.1["isPrivileged"], privileged);
        // The property is in beta only.
        let path = path.replace("beta", "v1.0");
        assert!(bench.graph(&token, Method::GET, &path, None).await.1.get("isPrivileged").is_none());
    }
    let path =
        format!("beta/roleManagement/directory/transitiveRoleAssignments?$filter=principalId%20eq%20%27{ADA}%27");
    let without = bench.graph(&token, Method::GET, &format!("{path}&$count=true"), None).await;
    assert_eq!(without.0, 404, "without ConsistencyLevel");
    assert_eq!(read(bench.get(&path).bearer_auth(&token).header("ConsistencyLevel", "eventual")).await.0, 400);
}

#[tokio::test]
async fn permissions_are_those_that_microsoft_documents() {
    let bench = Bench::start().await;
    for (permissions, groups, of_roles) in [
        (&["User.Read.All", "GroupMember.Read.All"][..], 200, 403),
        (&["User.Read.All"], 403, 403),
        (&["GroupMember.Read.All"], 403, 403),
        (&["Directory.Read.All"], 200, 200),
        (&["RoleManagement.Read.Directory"], 403, 200),
    ] {
        set(&bench, &format!("apps/{}", CONNECTOR.0), json!({"graph_roles": permissions})).await;
        let token = bench.graph_token(CONNECTOR).await;
        let found = [check(&bench, &token, ADA, &[EMPLOYEES]).await, roles(&bench, &token, ADA).await];
        for ((status, body), expected) in found.into_iter().zip([groups, of_roles]) {
            assert_eq!(status, expected, "{permissions:?}: {body}");
            assert_eq!(body["error"]["code"] == "Authorization_RequestDenied", expected == 403, "{body}");
        }
    }
}
