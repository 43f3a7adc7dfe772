//! `POST /console/try-again`: tries all shipments of a group again.

use askama::Template;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use keyferry_domain::PhaseName;
use serde::Deserialize;
use serde_json::{Value, json};

use super::cause::RETRYABLE;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Submitted, Visitor};

const OPERATION: &str = "/v1/shipments/actions";

#[derive(Template)]
#[template(path = "work_again.html")]
struct AgainPage {
    frame: Frame,
    fields: Fields,
    /// The number now, if it is another one than confirmed.
    changed: Option<u64>,
    /// Why it was not done, in English.
    refusal: Option<Refusal>,
}

/// Fields of the form.
#[derive(Clone, Deserialize)]
pub(crate) struct Fields {
    /// Code of the obstacle.
    code: String,
    /// Number of shipments that the user saw.
    confirm: u64,
    reason: String,
}

impl AgainPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.field.as_deref() == Some(field))
    }
}

/// Tries all shipments with this obstacle again, if their number is still the one that the user saw. Otherwise shows
/// the new number.
pub(crate) async fn again(
    State(state): State<ConsoleState>,
    Submitted(visitor, fields, ..): Submitted<may::ActOnShipments, Fields>,
) -> Result<Response, Problem> {
    let refusal = match act(&state, &visitor, &fields, json!({ "confirm": fields.confirm })).await {
        Ok(done) => {
            let number = |name: &str| done[name].as_u64().unwrap_or_default();
            let refused = done["refused"].as_array().map_or(0, Vec::len);
            let (again, left) = (number("done"), number("left"));
            tracing::info!(caller = %visitor.principal().caller(), again, refused, left, "operator retried a group");
            let address = format!("/console/work?again={again}&refused={refused}&left={left}");
            return Ok(Redirect::to(&address).into_response());
        }
        Err(refusal) => refusal,
    };
    if refusal.status != StatusCode::CONFLICT {
        return Ok(ask(&visitor, fields, None, Some(refusal)));
    }
    match act(&state, &visitor, &fields, json!({ "dry_run": true })).await {
        Ok(checked) => Ok(ask(&visitor, fields, checked["possible"].as_u64(), None)),
        Err(refusal) => Ok(ask(&visitor, fields, None, Some(refusal))),
    }
}

async fn act(state: &ConsoleState, visitor: &Visitor, fields: &Fields, mode: Value) -> Result<Value, Refusal> {
    let filter = json!({
        "code": [fields.code],
        "obstacle": ["attention", "final"],
        "phase": RETRYABLE.map(PhaseName::shown),
    });
    let mut body = json!({ "action": "retry", "reason": fields.reason.trim(), "filter": filter });
    if let (Some(body), Value::Object(mode)) = (body.as_object_mut(), mode) {
        body.extend(mode);
    }
    visitor.ask(state, Method::POST, OPERATION, Some(body)).await
}

fn ask(visitor: &Visitor, mut fields: Fields, changed: Option<u64>, refusal: Option<Refusal>) -> Response {
    let status = refusal.as_ref().map_or(StatusCode::CONFLICT, |refusal| refusal.status);
    fields.confirm = changed.unwrap_or(fields.confirm);
    page(status, &AgainPage { frame: visitor.frame(Place::Work), fields, changed, refusal })
}
