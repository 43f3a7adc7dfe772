//! The mailbox for people and for tests.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use minijinja::value::Serde;
use minijinja::{Environment, context};

use super::state::Mailbox;
use super::store::Message;

/// The name ends in `.html`, so that everything in it is escaped.
const NAME: &str = "mailbox.html";
const PAGE: &str = include_str!("../../pages/mailbox.html");
/// Neither scripts nor anything from elsewhere; a mail's own HTML inherits this inside its frame.
const POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/// `GET /mailbox`, newest mail first.
pub(super) async fn page(State(mailbox): State<Arc<Mailbox>>) -> Response {
    let mut messages = mailbox.messages();
    messages.reverse();
    answer(&messages, None)
}

/// `GET /mailbox/{id}`, one mail.
pub(super) async fn one(State(mailbox): State<Arc<Mailbox>>, Path(id): Path<u64>) -> Response {
    match mailbox.message(id) {
        Some(message) => answer(&[message], Some(id)),
        None => (StatusCode::NOT_FOUND, "no such mail").into_response(),
    }
}

fn answer(messages: &[Message], only: Option<u64>) -> Response {
    match render(messages, only) {
        Ok(page) => {
            let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            let referrer = (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
            ([policy, referrer], Html(page)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the mailbox page cannot be shown");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `GET /mailbox/messages`, oldest mail first.
pub(super) async fn messages(State(mailbox): State<Arc<Mailbox>>) -> Json<Vec<Message>> {
    Json(mailbox.messages())
}

/// `DELETE /mailbox/messages`.
pub(super) async fn clear(State(mailbox): State<Arc<Mailbox>>) -> StatusCode {
    mailbox.reset();
    StatusCode::NO_CONTENT
}

fn render(messages: &[Message], only: Option<u64>) -> Result<String, minijinja::Error> {
    let mut pages = Environment::new();
    pages.add_template(NAME, PAGE)?;
    pages.get_template(NAME)?.render(context! { messages => Serde(messages), only })
}

#[cfg(test)]
mod tests {
    use super::super::store::Via;
    use super::*;

    #[test]
    fn a_mail_cannot_break_out_of_the_page() {
        let message = Message {
            id: 1,
            received_at: "2026-01-01T00:00:00Z".to_owned(),
            via: Via::Smtp,
            to: vec!["<b>@example.com".to_owned()],
            from: "keys@example.com".to_owned(),
            subject: "</title><script>alert(1)</script>".to_owned(),
            text: Some("PIN & <i>more</i>".to_owned()),
            html: Some("<p>\"><script>alert(2)</script>".to_owned()),
            message_id: None,
        };
        let page = render(&[message], None).unwrap();
        assert!(!page.contains("<script") && !page.contains("<i>more") && !page.contains("<b>@"));
        assert!(page.contains("sandbox=\"\"") && page.contains("srcdoc=\"&lt;p&gt;&quot;&gt;"));
    }
}
