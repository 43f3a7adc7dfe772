//! Pages instead of a page for the person whom a key is for.

use axum::http::StatusCode;
use keyferry_engine::PersonPageError;

use crate::notice::Notice;
use crate::visitor::Visitor;

/// Returns the page that names why nothing can be done, and what to do instead.
pub(crate) fn refusal(visitor: &Visitor, here: &str, error: &PersonPageError) -> Notice {
    let m = visitor.m.person;
    let (status, texts) = match error {
        PersonPageError::Unknown => (StatusCode::NOT_FOUND, &m.unknown_link),
        PersonPageError::NotThePerson => (StatusCode::FORBIDDEN, &m.not_the_person),
        PersonPageError::Expired => (StatusCode::GONE, &m.expired),
        PersonPageError::Cancelled => (StatusCode::GONE, &m.cancelled),
        PersonPageError::TooLate => (StatusCode::GONE, &m.too_late),
        PersonPageError::OnHold => (StatusCode::CONFLICT, &m.on_hold),
        PersonPageError::Busy => (StatusCode::CONFLICT, &m.busy),
        PersonPageError::Failed(_) | PersonPageError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, &m.unavailable),
    };
    let notice = Notice::new(visitor.frame(), status, texts);
    match error {
        PersonPageError::NotThePerson => notice.with_other_account(visitor.m, here),
        PersonPageError::Busy | PersonPageError::Failed(_) | PersonPageError::Store(_) => {
            notice.with(here.to_owned(), m.back)
        }
        _ => notice,
    }
}
