use serde_json::json;

use crate::testing::{ADA, Bench, CONNECTOR, read};

#[tokio::test]
async fn finds_users_by_id_and_name() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    for (path, id) in [
        (format!("users/{ADA}"), 1),
        ("users/ada.lovelace@contoso.onmicrosoft.com".to_owned(), 1),
        ("users/ADA.lovelace%40contoso.onmicrosoft.com".to_owned(), 1),
        ("users('ada.lovelace@contoso.onmicrosoft.com')".to_owned(), 1),
        ("users/o%27brien%23test%40contoso.onmicrosoft.com".to_owned(), 7),
        ("users('o''brien%23test%40contoso.onmicrosoft.com')".to_owned(), 7),
        ("users('%24dollar%40contoso.onmicrosoft.com')".to_owned(), 8),
        ("users/j%C3%BCrgen.wei%C3%9F%40contoso.onmicrosoft.com".to_owned(), 9),
    ] {
        let (status, body) = read(bench.get(&format!("v1.0/{path}")).bearer_auth(&token)).await;
        assert_eq!(status, 200, "{path}: {body}");
        assert_eq!(body["id"], format!("a1000000-0000-4000-8000-{id:012}"), "{path}");
    }
    let (status, _) = read(bench.get("v1.0/users/$dollar@contoso.onmicrosoft.com").bearer_auth(&token)).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn returns_selected_and_expanded_properties() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let ask = async |path: &str| read(bench.get(path).bearer_auth(&token)).await;
    let disabled = "v1.0/users/disabled@contoso.onmicrosoft.com";
    let (_, default) = ask(disabled).await;
    assert!(default.get("accountEnabled").is_none() && default.get("displayName").is_some());
    let (_, selected) = ask(&format!("{disabled}?$select=id,accountEnabled")).await;
    assert_eq!(selected["accountEnabled"], false);
    assert!(selected.get("displayName").is_none());
    assert_eq!(ask(&format!("{disabled}?$select=shoeSize")).await.0, 400);

    let expanded = format!("v1.0/users/{ADA}?$expand=manager($select=id,mail)");
    let (_, with) = ask(&expanded).await;
    assert_eq!(with["manager"]["mail"], "grace.hopper@contoso.onmicrosoft.com");
    let (_, without) = ask("v1.0/users/nomanager@contoso.onmicrosoft.com?$expand=manager($select=id,mail)").await;
    assert!(without.get("manager").is_none());
}

#[tokio::test]
async fn basic_permission_covers_neither_manager_nor_account_state() {
    let bench = Bench::start().await;
    let connector = format!("control/apps/{}", CONNECTOR.0);
    let change = json!({"graph_roles": ["User.ReadBasic.All"]});
    assert_eq!(bench.patch(&connector, &change).send().await.unwrap().status(), 204);
    let token = bench.graph_token(CONNECTOR).await;
    for (query, expected) in [
        ("$select=id,userPrincipalName", 200),
        ("$select=id,accountEnabled", 403),
        ("$select=id&$expand=manager($select=id)", 403),
    ] {
        let (status, body) = read(bench.get(&format!("v1.0/users/{ADA}?{query}")).bearer_auth(&token)).await;
        assert_eq!(status, expected, "{query}: {body}");
        assert_eq!(body["error"]["code"] == "Authorization_RequestDenied", expected == 403, "{query}: {body}");
    }
}

#[tokio::test]
async fn missing_manager_and_missing_user_have_different_messages() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let ask = async |path: &str| {
        let (status, body) = read(bench.get(path).bearer_auth(&token)).await;
        assert_eq!((status, body["error"]["code"].as_str()), (404, Some("Request_ResourceNotFound")));
        body["error"]["message"].as_str().unwrap().to_owned()
    };
    assert!(
        ask("v1.0/users/nomanager@contoso.onmicrosoft.com/manager")
            .await
            .starts_with("Resource 'manager' does not exist")
    );
    assert!(ask("v1.0/users/nobody@x.y/manager").await.starts_with("Resource 'nobody@x.y' does not exist"));

    let (_, grace) = read(bench.get(&format!("v1.0/users/{ADA}/manager")).bearer_auth(&token)).await;
    assert_eq!(grace["@odata.type"], "#microsoft.graph.user");
    assert_eq!(grace["mail"], "grace.hopper@contoso.onmicrosoft.com");
    let (_, boss) = read(bench.get("v1.0/users/nomail@contoso.onmicrosoft.com/manager").bearer_auth(&token)).await;
    assert_eq!(boss["mail"], json!(null));
}

#[tokio::test]
async fn lists_users_whose_names_start_with_a_text() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let ask = async |query: &str| read(bench.get(&format!("v1.0/users?{query}")).bearer_auth(&token)).await;
    let named = "$filter=startswith(displayName,'GRA')%20or%20startswith(mail,'grace.hopper@')&$select=id,mail&$top=3";
    let (status, body) = ask(named).await;
    assert_eq!(status, 200, "{body}");
    let found: Vec<_> = body["value"].as_array().unwrap().iter().map(|user| user["mail"].clone()).collect();
    assert_eq!(found, [json!("grace.hopper@contoso.onmicrosoft.com")]);
    assert_eq!(ask("$filter=startswith(userPrincipalName,'o''brien')").await.1["value"].as_array().unwrap().len(), 1);
    assert_eq!(ask("$top=2").await.1["value"].as_array().unwrap().len(), 2);
    for wrong in
        ["$filter=endswith(mail,'x')", "$filter=startswith(mail,'x", "$filter=startswith(shoeSize,'x')", "$top=0"]
    {
        assert_eq!(ask(wrong).await.0, 400, "{wrong}");
    }
}
