//! Pages instead of a temporary access pass.

use axum::http::StatusCode;
use keyferry_engine::PassPageError;

use crate::notice::Notice;
use crate::visitor::Visitor;

/// Returns the page that names why the pass is not shown, and what to do.
pub(super) fn refusal(visitor: &Visitor, here: &str, error: &PassPageError) -> Notice {
    let m = visitor.m.pass;
    let (status, texts) = match error {
        PassPageError::Unknown => (StatusCode::NOT_FOUND, &m.unknown_link),
        PassPageError::NotAddressee => (StatusCode::FORBIDDEN, &m.not_addressee),
        PassPageError::Used => (StatusCode::GONE, &m.used),
        PassPageError::Expired => (StatusCode::GONE, &m.expired),
        PassPageError::Closed => (StatusCode::GONE, &m.link_closed),
        PassPageError::Refused(_) => (StatusCode::FORBIDDEN, &m.refused),
        PassPageError::Exists => (StatusCode::CONFLICT, &m.exists),
        PassPageError::Busy => (StatusCode::CONFLICT, &m.busy),
        PassPageError::Failed(_) | PassPageError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, &m.unavailable),
    };
    let notice = Notice::new(visitor.frame(), status, texts);
    match error {
        PassPageError::NotAddressee => notice.with_other_account(visitor.m, here),
        PassPageError::Exists | PassPageError::Busy | PassPageError::Failed(_) | PassPageError::Store(_) => {
            notice.with(here.to_owned(), visitor.m.person.back)
        }
        _ => notice,
    }
}
