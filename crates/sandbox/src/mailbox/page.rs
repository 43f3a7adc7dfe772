//! The mailbox for people and for tests.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::Deserialize;
use url::form_urlencoded;

use super::state::Mailbox;
use super::store::{Found, Message, Search};
use crate::pages;

/// Names end in `.html`, so that minijinja escapes everything in them.
const LIST: (&str, &str) = ("mailbox.html", include_str!("../../pages/mailbox.html"));
const MAIL: (&str, &str) = ("mail.html", include_str!("../../pages/mail.html"));
/// Neither scripts nor anything from elsewhere; a mail's own HTML inherits this inside its frame.
const POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
/// Mails on a page. A mail's HTML is on its own page only: a frame per mail makes a long list slow.
const PAGE: usize = 25;

/// Which part of the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
    /// Part of a recipient's address.
    to: String,
    /// Part of the subject.
    subject: String,
    /// Counted from 1.
    page: usize,
}

impl Wanted {
    fn search(&self) -> Search {
        Search::new(&self.q, &self.to, &self.subject)
    }
}

/// `GET /mailbox?q=…&to=…&subject=…&page=…`, newest mail first.
pub(super) async fn page(State(mailbox): State<Arc<Mailbox>>, Query(wanted): Query<Wanted>) -> Response {
    answer(list(&mailbox, &wanted))
}

fn list(mailbox: &Mailbox, wanted: &Wanted) -> Result<String, minijinja::Error> {
    let Found { total, page, messages } = mailbox.search(&wanted.search(), wanted.page, PAGE);
    let before = (page - 1) * PAGE;
    let last = before + messages.len();
    let newer = (page > 1).then(|| page - 1);
    let older = (last < total).then_some(page + 1);
    let [query, to, subject] = [&wanted.q, &wanted.to, &wanted.subject].map(|text| text.trim());
    let searched = [query, to, subject].iter().any(|text| !text.is_empty());
    let mut others = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("q", query), ("to", to), ("subject", subject)] {
        if !value.is_empty() {
            others.append_pair(name, value);
        }
    }
    let others = others.finish();
    render(
        LIST,
        context! {
            query, to, subject, searched, others, total, first => before + 1, last, newer, older,
            messages => Serde(&messages),
        },
    )
}

/// `GET /mailbox/{id}`, one mail.
pub(super) async fn one(State(mailbox): State<Arc<Mailbox>>, Path(id): Path<u64>, headers: HeaderMap) -> Response {
    match mailbox.message(id) {
        Some(message) => answer(render(MAIL, context! { message => Serde(&message) })),
        None => pages::missing(&headers, &format!("The mailbox has no mail {id}.")),
    }
}

fn answer(page: Result<String, minijinja::Error>) -> Response {
    match page {
        Ok(page) => {
            let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            let referrer = (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
            ([policy, referrer], Html(page)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "could not render mailbox page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Which mails a program asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Listed {
    /// Id of the last mail that the program has.
    after: u64,
    /// Default: all.
    limit: Option<usize>,
}

/// `GET /mailbox/messages?q=…&to=…&subject=…&after=…&limit=…`, oldest mail first.
pub(super) async fn messages(
    State(mailbox): State<Arc<Mailbox>>,
    Query(wanted): Query<Wanted>,
    Query(listed): Query<Listed>,
) -> Json<Vec<Message>> {
    Json(mailbox.messages(&wanted.search(), listed.after, listed.limit.unwrap_or(usize::MAX)))
}

/// `DELETE /mailbox/messages`.
pub(super) async fn clear(State(mailbox): State<Arc<Mailbox>>) -> StatusCode {
    mailbox.reset();
    StatusCode::NO_CONTENT
}

fn render((name, text): (&str, &str), values: minijinja::Value) -> Result<String, minijinja::Error> {
    let mut pages = Environment::new();
    pages.add_template(name, text)?;
    pages.get_template(name)?.render(values)
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
            headers: Vec::new(),
        };
        for page in [
            render(MAIL, context! { message => Serde(&message) }).unwrap(),
            render(LIST, context! { messages => Serde([&message]), query => "\"><script>" }).unwrap(),
        ] {
            assert!(!page.contains("<script") && !page.contains("<i>more") && !page.contains("<b>@"));
        }
        let page = render(MAIL, context! { message => Serde(&message) }).unwrap();
        assert!(page.contains("sandbox=\"\"") && page.contains("srcdoc=\"&lt;p&gt;&quot;&gt;"));
    }
}
