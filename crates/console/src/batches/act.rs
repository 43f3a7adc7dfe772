//! `GET` and `POST /console/batches/{id}/{act}`: confirmation of an act, and the act.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use keyferry_domain::RowState;
use keyferry_engine::BatchView;
use keyferry_sheet::Member;
use serde::Deserialize;
use serde_json::{Value, json};

use super::find::find;
use super::kind::Act;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::order_form::Offer;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Posted, Visitor};

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
