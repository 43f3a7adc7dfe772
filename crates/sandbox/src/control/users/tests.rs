#![allow(clippy::disallowed_methods, reason = "the tests measure the time of the machine")]

use reqwest::Method;
use serde_json::{Value, json};

use crate::options::SandboxOptions;
use crate::testing::{ADA, AUDITOR, Bench, CONNECTOR, read};

const PERSON: &str = "b2000000-0000-4000-8000-";

#[tokio::test]
async fn users_are_created_changed_and_deleted() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let graph = async |name: &str| {
        let path = format!(
            "v1.0/users/{name}?$select=id,mail,city,userType,accountEnabled,preferredLanguage&$expand=manager($select=id)"
        );
        bench.graph(&token, Method::GET, &path, None).await
    };
    let new = json!({ "upn": "New.Hire@contoso.onmicrosoft.com", "manager": ADA, "city": "Oslo" });
    let (status, created) = read(bench.post("control/users", &new)).await;
    assert_eq!((status, created["mail"].as_str()), (201, Some("New.Hire@contoso.onmicrosoft.com")));
    let (status, user) = graph("new.hire@contoso.onmicrosoft.com").await;
    assert_eq!((status, &user["id"], &user["city"]), (200, &created["id"], &json!("Oslo")));
    assert_eq!((&user["userType"], &user["manager"]["id"]), (&json!("Member"), &json!(ADA)));
    assert_eq!(read(bench.post("control/users", &new)).await.0, 400, "the name is taken");

    let path = format!("control/users/{}", created["id"].as_str().unwrap());
    let change = json!({
        "userType": "Guest", "accountEnabled": false, "preferredLanguage": "de-DE",
        "upn": "guest@contoso.onmicrosoft.com",
    });
    assert_eq!(read(bench.patch(&path, &change)).await.0, 200);
    assert_eq!(graph("new.hire@contoso.onmicrosoft.com").await.0, 404);
    let (_, user) = graph("guest@contoso.onmicrosoft.com").await;
    assert_eq!((&user["userType"], &user["accountEnabled"]), (&json!("Guest"), &json!(false)));
    assert_eq!(user["preferredLanguage"], "de-DE");

    assert_eq!(read(bench.delete(&path)).await.0, 204);
    assert_eq!(read(bench.delete(&path)).await.0, 404);
    assert_eq!(graph("guest@contoso.onmicrosoft.com").await.0, 404);
}

#[tokio::test]
async fn many_users_change_together_or_not_at_all() {
    let bench = Bench::start().await;
    let hire = |number: usize| json!({ "upn": format!("hire{number}@contoso.onmicrosoft.com") });
    let (status, created) = read(bench.post("control/users", &json!([hire(1), hire(2), hire(3)]))).await;
    assert_eq!((status, created.as_array().unwrap().len()), (201, 3));
    let all = async || read(bench.get("control/users")).await.1.as_array().unwrap().len();
    let before = all().await;
    assert_eq!(read(bench.post("control/users", &json!([hire(4), hire(1)]))).await.0, 400);
    assert_eq!(all().await, before);
    let ids: Vec<&Value> = created.as_array().unwrap().iter().map(|user| &user["id"]).collect();
    let change = json!([{ "id": ids[0], "mail": null }, { "id": ids[1], "mail": "x@contoso.example" }]);
    let (status, changed) = read(bench.patch("control/users", &change)).await;
    assert_eq!((status, &changed[0]["mail"], &changed[1]["mail"]), (200, &Value::Null, &json!("x@contoso.example")));
    let wrong = json!([{ "id": ids[0], "mail": "y@contoso.example" }, { "id": ADA, "colour": 1 }]);
    assert_eq!(read(bench.patch("control/users", &wrong)).await.0, 400);
    let (_, kept) = read(bench.get(&format!("control/users/{}", ids[0].as_str().unwrap()))).await;
    assert_eq!(kept["mail"], Value::Null);
    let request = bench.http.delete(bench.url("control/users")).json(&json!({ "ids": ids }));
    assert_eq!(read(request).await.0, 204);
    assert_eq!(all().await, before - 3);
}

#[tokio::test]
async fn a_large_tenant_starts_and_answers_as_fast_as_a_small_one() {
    let before = std::time::Instant::now();
    let bench = Bench::with(SandboxOptions { people: 20_000, ..SandboxOptions::ephemeral() }).await;
    println!("start with 20,000 people: {:?}", before.elapsed());
    assert!(before.elapsed().as_secs() < 30, "{:?}", before.elapsed());
    let token = bench.graph_token(CONNECTOR).await;
    let before = std::time::Instant::now();
    for number in 1..=200 {
        let path = format!("v1.0/users/{PERSON}{:012x}", number * 100);
        let (status, user) = bench.graph(&token, Method::GET, &path, None).await;
        assert_eq!(status, 200, "{user}");
        let name = user["userPrincipalName"].as_str().unwrap().replace('#', "%23");
        assert_eq!(bench.graph(&token, Method::GET, &format!("v1.0/users/{name}"), None).await.0, 200);
    }
    println!("400 look-ups: {:?}", before.elapsed());
    assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());

    // A list is paged, for a browser by default.
    let answer = bench.get("control/users?limit=3&offset=20000").send().await.unwrap();
    assert_eq!(answer.headers()["x-total-count"], "20011");
    assert_eq!(
        answer.headers()["link"],
        "</control/users?limit=3&offset=19997>; rel=\"prev\", </control/users?limit=3&offset=20003>; rel=\"next\""
    );
    let page = bench.get("control/users").header("accept", "text/html").send().await.unwrap().text().await.unwrap();
    assert_eq!(page.matches("<tr>").count(), 101);
    assert!(page.contains("20011 in total") && page.contains("rel=\"next\""), "{page}");
    let (_, world) = read(bench.get("control/world")).await;
    assert_eq!((world["users"].as_array().unwrap().len(), &world["people"]), (11, &json!(20_000)));

    // People at the limit have passkeys that Graph lists.
    let (_, rows) = read(bench.get("control/people")).await;
    let person = rows.as_array().unwrap().iter().find(|row| row["kind"] == "at_limit").unwrap();
    let path = format!("v1.0/users/{}/authentication/fido2Methods", person["user_id"].as_str().unwrap());
    let auditor = bench.graph_token(AUDITOR).await;
    let (_, methods) = bench.graph(&auditor, Method::GET, &path, None).await;
    assert_eq!(methods["value"].as_array().unwrap().len(), 10);
}
