//! `GET` and `POST /console/batches/{id}/{act}`: confirmation of an act, and the act.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::{Operation, may};
use keyferry_domain::{BatchStateName, RowState};
use keyferry_engine::BatchView;
use keyferry_sheet::Member;
use serde::Deserialize;
use serde_json::{Value, json};

use super::find::find;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::order_form::Offer;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Posted, Visitor};

/// Act on a batch. The names are those of the paths of the API's operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Check,
    Submit,
    Pause,
    Resume,
    Cancel,
}

impl Act {
    pub(crate) const ALL: [Self; 5] = [Self::Submit, Self::Check, Self::Resume, Self::Pause, Self::Cancel];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Submit => "submit",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == name)
    }

    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::Check => Operation::CheckBatch,
            Self::Submit => Operation::SubmitBatch,
            Self::Pause => Operation::PauseBatch,
            Self::Resume => Operation::ResumeBatch,
            Self::Cancel => Operation::CancelBatch,
        }
    }

    /// Returns whether the act cannot be undone.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Submit | Self::Cancel)
    }

    /// Returns whether the act needs no confirmation.
    pub(crate) fn is_direct(&self) -> bool {
        matches!(self, Self::Check)
    }

    fn needs_reason(self) -> bool {
        matches!(self, Self::Pause | Self::Resume | Self::Cancel)
    }

    /// Returns whether the page offers the act. The operation decides whether it is possible.
    pub(super) fn fits(self, view: &BatchView) -> bool {
        use BatchStateName::{Cancelled, Cancelling, Checked, Draft, Finished, Paused, Submitted};
        let state = view.batch.state.name();
        match self {
            Self::Check => matches!(state, Draft | Checked) && view.batch.total > 0,
            Self::Submit => state == Checked && view.rows.of(RowState::Ready) > 0,
            Self::Pause => state == Submitted,
            Self::Resume => state == Paused,
            Self::Cancel => !matches!(state, Finished | Cancelling | Cancelled),
        }
    }
}

#[derive(Template)]
#[template(path = "batch_act.html")]
struct ActPage {
    frame: Frame,
    act: Act,
    name: String,
    address: String,
    is_possible: bool,
    needs_reason: bool,
    /// Keys that a submission orders: in all, and by product.
    count: u32,
    keys: Vec<(String, String)>,
    left_out: u32,
    fields: Fields,
    refusal: Option<Refusal>,
}

/// Fields of the form.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    reason: String,
    confirm: String,
}

impl ActPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.field.as_deref() == Some(field))
    }

    fn number(&self) -> String {
        (self.frame.m.number)(u64::from(self.count))
    }
}

/// Shows what the act does.
pub(crate) async fn ask(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetBatch>,
    Path((id, act)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let act = permitted(&visitor, &act)?;
    let view = find(&state, &visitor, &id).await?;
    if act.is_final() {
        visitor.require_recent(&state, &format!("/console/batches/{}/{}", view.batch.id, act.as_str()))?;
    }
    show(&state, &visitor, &view, act, Fields::default(), None).await
}

/// Does it, as the API's operation does, and returns to the batch.
pub(crate) async fn act(
    State(state): State<ConsoleState>,
    Path((id, act)): Path<(String, String)>,
    Posted(visitor, fields): Posted<Fields>,
) -> Result<Response, Problem> {
    let act = permitted(&visitor, &act)?;
    let view = find(&state, &visitor, &id).await?;
    let id = view.batch.id.to_string();
    if act.is_final() {
        visitor.require_recent(&state, &format!("/console/batches/{id}/{}", act.as_str()))?;
    }
    let body = match act {
        Act::Check => json!({}),
        Act::Submit => json!({ "confirm": confirmed(&fields.confirm) }),
        Act::Pause | Act::Resume | Act::Cancel => json!({ "reason": fields.reason.trim() }),
    };
    match visitor.ask(&state, Method::POST, &format!("/v1/batches/{id}/{}", act.as_str()), Some(body)).await {
        Ok(_) => Ok(Redirect::to(&format!("/console/batches/{id}?done={}", act.as_str())).into_response()),
        Err(refusal) => {
            // What changed meanwhile decides what is possible now.
            let view = find(&state, &visitor, &id).await?;
            show(&state, &visitor, &view, act, fields, Some(refusal)).await
        }
    }
}

/// Returns the number that the user entered, with or without separators of thousands. Any other text is no number,
/// which the operation rejects.
fn confirmed(text: &str) -> Value {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, '.' | ',' | ' ' | '\u{a0}')).collect();
    digits.parse::<u32>().map_or(Value::from(0), Value::from)
}

/// Returns the act of this name, if the user may do it.
fn permitted(visitor: &Visitor, act: &str) -> Result<Act, Problem> {
    let act = Act::parse(act).ok_or_else(|| Problem::not_found(visitor.frame(Place::Batches)))?;
    let permitted = visitor.principal().permits(act.operation());
    permitted.map_err(|error| Problem::of_access(visitor.frame(Place::Batches), &error))?;
    Ok(act)
}

async fn show(
    state: &ConsoleState,
    visitor: &Visitor,
    view: &BatchView,
    act: Act,
    fields: Fields,
    refusal: Option<Refusal>,
) -> Result<Response, Problem> {
    let frame = visitor.frame(Place::Batches);
    let is_possible = act.fits(view);
    let mut keys = Vec::new();
    if act == Act::Submit && is_possible {
        let found = match state.engine.batches.keys(view.batch.id).await {
            Ok(found) => found,
            Err(error) => return Err(Problem::of_store(frame, &error)),
        };
        let offer = Offer::read(&state.engine.preflight).await;
        for (product, count) in found {
            let (model, stock) = (product.product_id.to_string(), product.inventory_product_id.to_string());
            let model = offer.name(Member::ProductId, &model).to_owned();
            let stock = offer.name(Member::InventoryProductId, &stock).to_owned();
            let number = (frame.m.number)(u64::from(count));
            keys.push(((frame.m.batches.keys)(&number), [model, stock, product.customization_id].join(" · ")));
        }
    }
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status);
    let t = frame.m.batches;
    let shown = ActPage {
        name: if view.batch.name.is_empty() { t.unnamed.to_owned() } else { view.batch.name.clone() },
        address: format!("/console/batches/{}", view.batch.id),
        needs_reason: act.needs_reason(),
        count: view.rows.of(RowState::Ready),
        left_out: view.rows.of(RowState::Invalid),
        act,
        is_possible,
        keys,
        fields,
        refusal,
        frame,
    };
    Ok(page(status, &shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_be_written_as_the_page_shows_it() {
        for text in ["1200", "1,200", "1.200", " 1 200 ", "1\u{a0}200"] {
            assert_eq!(confirmed(text), json!(1200), "{text}");
        }
        for text in ["", "all", "-3", "99999999999"] {
            assert_eq!(confirmed(text), json!(0), "{text}");
        }
    }
}
