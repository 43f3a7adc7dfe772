//! Pages instead of a PIN.

use axum::http::StatusCode;
use keyferry_engine::PinPageError;

use crate::notice::Notice;
use crate::visitor::Visitor;

/// Returns the page that names why the PIN is not shown, and what to do.
pub(super) fn refusal(visitor: &Visitor, here: &str, error: &PinPageError) -> Notice {
    let m = visitor.m;
    let (status, texts) = match error {
        PinPageError::Unknown => (StatusCode::NOT_FOUND, &m.unknown_link),
        PinPageError::NotAddressee => (StatusCode::FORBIDDEN, &m.not_addressee),
        PinPageError::Used => (StatusCode::GONE, &m.used),
        PinPageError::Closed => (StatusCode::GONE, &m.link_closed),
        PinPageError::Expired => (StatusCode::GONE, &m.expired),
        PinPageError::NotDelivered => (StatusCode::CONFLICT, &m.not_delivered),
        PinPageError::NotConfirmed => (StatusCode::BAD_REQUEST, &m.not_confirmed),
        PinPageError::Refused => (StatusCode::FORBIDDEN, &m.refused),
        PinPageError::Revoked => (StatusCode::GONE, &m.revoked),
        PinPageError::Busy => (StatusCode::CONFLICT, &m.busy),
        PinPageError::Failed(_) | PinPageError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, &m.unavailable),
    };
    let notice = Notice::new(visitor.frame(), status, texts);
    match error {
        PinPageError::NotAddressee => notice.with_other_account(m, here),
        PinPageError::NotConfirmed | PinPageError::Busy | PinPageError::Failed(_) | PinPageError::Store(_) => {
            notice.with(here.to_owned(), m.back_to_pin)
        }
        _ => notice,
    }
}
