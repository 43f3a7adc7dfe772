use crate::testing::Bench;

#[tokio::test]
async fn pages_load_nothing_from_elsewhere() {
    let bench = Bench::start().await;
    for path in ["", "signin", "mailbox"] {
        let answer = bench.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "/{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'"), "/{path}: {policy}");
        let text = answer.text().await.unwrap();
        assert!(!text.contains("<script>") && !text.contains("style=\"") && !text.contains("src=\"http"), "/{path}");
    }
    for path in ["assets/style.css", "assets/signin.js"] {
        assert_eq!(bench.get(path).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn the_index_leads_to_pages_that_exist() {
    let bench = Bench::start().await;
    let index = bench.get("").send().await.unwrap().text().await.unwrap();
    let links: Vec<&str> = index.split("href=\"/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(links.len() > 8);
    for link in links {
        assert_eq!(bench.get(link).send().await.unwrap().status(), 200, "/{link}");
    }
}

#[tokio::test]
async fn an_unknown_path_has_a_body() {
    let bench = Bench::start().await;
    let answer = bench.get("nothing/here").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["error"], "The sandbox has no /nothing/here. GET / lists its pages and services.");
    let answer = bench.get("mailbox/7").header("accept", "text/html").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert!(answer.text().await.unwrap().contains("<h1>Not found</h1>"));
    let answer = bench.delete("mailbox").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, "GET,HEAD"));
    assert!(answer.text().await.unwrap().contains("does not accept DELETE"));
}
