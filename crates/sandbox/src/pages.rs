//! The pages: plain HTML with local scripts and styles, nothing from elsewhere.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::state::World;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page with the headers that every page has.
pub(crate) fn html(text: impl Into<String>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text.into()).into_response()
}

/// Index, style and scripts.
pub(crate) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(async || html(include_str!("../pages/index.html"))))
        .route("/assets/style.css", get(async || text("text/css", include_str!("../pages/style.css"))))
        .route("/assets/signin.js", get(async || text("text/javascript", include_str!("../pages/signin.js"))))
}

fn text(kind: &'static str, content: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], content).into_response()
}

#[cfg(test)]
mod tests {
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
            assert!(
                !text.contains("<script>") && !text.contains("style=\"") && !text.contains("src=\"http"),
                "/{path}"
            );
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
}
