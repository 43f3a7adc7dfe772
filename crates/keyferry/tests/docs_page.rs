//! `/docs` in headless Chromium: it shows every operation, requests nothing from elsewhere, and its policy blocks
//! nothing that it needs.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod support;

use keyferry_outsiders::{artifacts, ask, python, system};
use serde_json::{Value, json};
use support::Demo;

#[tokio::test]
async fn page_shows_all_operations_and_loads_only_from_the_connector() {
    let (Some(_), Some(driver), Some(browser)) = (system("chromium"), system("chromedriver"), python("api/page.py"))
    else {
        return;
    };
    let demo = Demo::start().await;
    let document = demo.get("/openapi.json").await.body;
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    let items = document["paths"].as_object().unwrap().values();
    let operations: usize = items.map(|item| item.as_object().unwrap().len()).sum();
    let (overview, operation) = (artifacts().join("docs.png"), artifacts().join("docs-operation.png"));
    let question = json!({
        "chromedriver": driver, "width": 1280, "height": 1600,
        "pages": [
            {
                "url": format!("{}/docs", demo.api),
                "ready": format!("document.querySelectorAll('.opblock').length === {operations}"),
                "screenshot": overview,
            },
            {
                // Opens one operation with its examples, and the list of schemas.
                "url": format!("{}/docs#/orders/queue_order", demo.api),
                "ready": "document.querySelector('#operations-orders-queue_order .response')",
                "then": "document.querySelector('.models-control')?.click();
                    document.querySelector('#operations-orders-queue_order').scrollIntoView()",
                "shown": "document.querySelector('.models [data-json-schema-level], .models .model-container')",
                "screenshot": operation,
            },
        ],
    });
    let answer = tokio::task::spawn_blocking(move || ask(browser, &question)).await.unwrap();
    for page in answer["pages"].as_array().unwrap() {
        // Swagger UI writes this for each link to an operation whose id contains `_`.
        let known = |message: &&Value| !message.as_str().unwrap().contains("Deprecated: escaping deep link whitespace");
        assert_eq!(page["log"].as_array().unwrap().iter().filter(known).collect::<Vec<_>>(), [&Value::Null; 0]);
        let elsewhere = |url: &&Value| {
            let url = url.as_str().unwrap();
            !url.starts_with(&format!("{}/", demo.api)) && !url.starts_with("data:")
        };
        let requests = page["requests"].as_array().unwrap();
        assert_eq!(requests.iter().filter(elsewhere).collect::<Vec<_>>(), [&Value::Null; 0]);
        assert!(requests.iter().any(|url| url.as_str().unwrap().ends_with("/openapi.json")), "{requests:?}");
    }
    let text = |page: usize| answer["pages"][page]["text"].as_str().unwrap().replace('\u{200b}', "");
    for path in paths {
        assert!(text(0).contains(path.as_str()), "{path} is not on the page:\n{}", text(0));
    }
    assert!(text(1).contains("REQ0010042"), "the example is not on the page:\n{}", text(1));
    for unwanted in ["Try it out", "Authorize"] {
        assert!(!text(1).contains(unwanted), "{unwanted}");
    }
    for picture in [overview, operation] {
        // A picture of a single colour is smaller.
        assert!(std::fs::metadata(&picture).unwrap().len() > 30_000, "{}", picture.display());
    }
}
