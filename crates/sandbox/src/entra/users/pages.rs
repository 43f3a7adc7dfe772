//! Pages of a sign-in. They work without scripts.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use minijinja::value::Serde;
use minijinja::{Environment, context};
use url::Url;

/// The name ends in `.html`, so that minijinja escapes everything in it.
const PAGE: (&str, &str) = ("login.html", include_str!("../../../pages/login.html"));

/// Step of a sign-in.
#[derive(Debug)]
pub(super) enum Page<'a> {
    /// Asks for the code that a device shows.
    Code { error: Option<&'a str> },
    /// Asks for user name and password.
    User { interaction: &'a str, app: &'a str, name: &'a str, users: &'a [(String, String)], error: Option<&'a str> },
    /// Asks whether the application may act for the user.
    Confirm { interaction: &'a str, app: &'a str, user: &'a str },
    /// The sign-in is over.
    Done { title: &'a str, text: &'a str },
}

/// Renders a page. `reply` is where its form may lead in the end: browsers apply `form-action` to redirects, too.
pub(super) fn render(status: StatusCode, page: &Page<'_>, reply: Option<&str>) -> Response {
    let values = match *page {
        Page::Code { error } => context! { step => "code", error },
        Page::User { interaction, app, name, users, error } => {
            let (users, password) = (Serde(users), super::store::USER_PASSWORD);
            context! { step => "user", interaction, app, name, error, users, password }
        }
        Page::Confirm { interaction, app, user } => context! { step => "confirm", interaction, app, user },
        Page::Done { title, text } => context! { step => "done", title, text },
    };
    let rendered = || {
        let mut pages = Environment::new();
        pages.add_template(PAGE.0, PAGE.1)?;
        pages.get_template(PAGE.0)?.render(values)
    };
    let text = match rendered() {
        Ok(text) => text,
        Err(error) => {
            tracing::error!(%error, "could not render sign-in page");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let origin = reply.and_then(|uri| Url::parse(uri).ok()).map(|url| url.origin().ascii_serialization());
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        origin.unwrap_or_default()
    );
    let mut response = (status, Html(text)).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Returns the page of a request that cannot be continued.
pub(super) fn failed(text: &str) -> Response {
    render(StatusCode::BAD_REQUEST, &Page::Done { title: "Sign-in failed", text }, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn names_cannot_break_out_of_the_page() {
        let evil = "\"><script>alert(1)</script>";
        let users = [(evil.to_owned(), evil.to_owned())];
        for page in [
            Page::Code { error: Some(evil) },
            Page::User { interaction: evil, app: evil, name: evil, users: &users, error: Some(evil) },
            Page::Confirm { interaction: evil, app: evil, user: evil },
            Page::Done { title: evil, text: evil },
        ] {
            let response = render(StatusCode::OK, &page, Some("http://a.example/x"));
            let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
            assert!(policy.contains("form-action 'self' http://a.example;"), "{policy}");
            let body = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
            let text = String::from_utf8(body.to_vec()).unwrap();
            assert!(!text.contains("<script") && text.contains("&lt;script"), "{page:?}: {text}");
        }
    }
}
