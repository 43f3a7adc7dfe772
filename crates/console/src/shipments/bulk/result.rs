//! `GET /console/shipments/actions/{token}`: the result of an action.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_access::may;

use super::outcomes::{Done, Outcome, Outcomes};
use crate::frame::{Frame, Place, page};
use crate::visitor::Allowed;

#[derive(Template)]
#[template(path = "bulk_result.html")]
struct ResultPage {
    frame: Frame,
    /// `None` while the action is in progress, or if its result is not known here.
    done: Option<Arc<Done>>,
    is_running: bool,
}

/// Shows the result of an action of this user.
pub(crate) async fn result(
    Extension(outcomes): Extension<Outcomes>,
    Allowed(visitor, ..): Allowed<may::ActOnShipments>,
    Path(token): Path<String>,
) -> Response {
    let frame = visitor.frame(Place::Shipments);
    let (status, done, is_running) = match outcomes.find(&token, &visitor.visit.user.object_id) {
        Some(Outcome::Done(done)) => (StatusCode::OK, Some(done), false),
        Some(Outcome::Running) => (StatusCode::OK, None, true),
        None => (StatusCode::NOT_FOUND, None, false),
    };
    page(status, &ResultPage { frame, done, is_running })
}
