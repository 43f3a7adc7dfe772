//! Page of a dry run, with the form of the confirmation.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_domain::ports::StoreError;

use super::super::chips;
use super::super::paths::LIST;
use super::check::{Checked, check};
use super::outcomes;
use super::selection::Selection;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::shipment::Verb;
use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// Most people that are named.
const MOST_NAMED: usize = 10;

#[derive(Template)]
#[template(path = "bulk.html")]
struct PreviewPage {
    frame: Frame,
    verb: Verb,
    /// Address of the list.
    list: String,
    selection: String,
    /// What the shipments have in common. Empty: they are all that exist.
    conditions: Vec<String>,
    /// Ticked shipments: the first ones, and the number of all.
    ticked: Option<(Vec<Ticked>, usize)>,
    /// `None` if the dry run was refused.
    checked: Option<Checked>,
    reason: String,
    mistake: Option<Mistake>,
    token: String,
}

/// A ticked shipment.
struct Ticked {
    id: String,
    person: String,
}

/// Why nothing was done.
pub(super) enum Mistake {
    NoReason,
    /// Another number was entered than the page named.
    WrongNumber,
    /// Meanwhile, it is possible for another number.
    Changed,
    Refused(Refusal),
}

impl PreviewPage {
    fn is_number_wrong(&self) -> bool {
        matches!(self.mistake, Some(Mistake::WrongNumber | Mistake::Changed))
    }

    fn is_reason_wrong(&self) -> bool {
        match &self.mistake {
            Some(Mistake::NoReason) => true,
            Some(Mistake::Refused(refusal)) => refusal.field.as_deref() == Some("reason"),
            _ => false,
        }
    }
}

/// Shows a new dry run, and what was wrong with the confirmation, if there was one.
pub(super) async fn show(
    state: &ConsoleState,
    visitor: &Visitor,
    verb: Verb,
    selection: &Selection,
    reason: String,
    mut mistake: Option<Mistake>,
) -> Result<Response, Problem> {
    let frame = visitor.frame(Place::Shipments);
    let m = frame.m;
    let checked = match check(state, visitor, verb, selection).await {
        Ok(checked) => Some(checked),
        Err(refusal) => {
            mistake = Some(Mistake::Refused(refusal));
            None
        }
    };
    let ticked = match &selection.ids {
        Some(ids) => {
            let named = named(state, visitor, selection, m.unknown_person).await;
            let named = named.map_err(|error| Problem::of_store(visitor.frame(Place::Shipments), &error))?;
            Some((named, ids.len()))
        }
        None => None,
    };
    let status = match &mistake {
        None => StatusCode::OK,
        Some(Mistake::Changed) => StatusCode::CONFLICT,
        Some(Mistake::Refused(refusal)) => refusal.status,
        Some(Mistake::NoReason | Mistake::WrongNumber) => StatusCode::BAD_REQUEST,
    };
    let conditions = &selection.conditions;
    let shown = PreviewPage {
        verb,
        list: conditions.address(LIST),
        selection: selection.query(),
        conditions: conditions.set().map(|field| chips::text(conditions, field, m)).collect(),
        ticked,
        checked,
        reason,
        mistake,
        token: outcomes::token().ok_or_else(|| Problem::unavailable(visitor.frame(Place::Shipments)))?,
        frame,
    };
    Ok(page(status, &shown))
}

/// Returns the people of the first ticked shipments.
async fn named(
    state: &ConsoleState,
    visitor: &Visitor,
    selection: &Selection,
    unknown: &str,
) -> Result<Vec<Ticked>, StoreError> {
    let mut named = Vec::new();
    for id in selection.ids.iter().flatten().take(MOST_NAMED).map(ToString::to_string) {
        let found = match state.engine.views.shipment(&id).await {
            Ok(found) => found.filter(|found| visitor.principal().sees(&found.requested_by)),
            Err(StoreError::Broken { .. }) => None,
            Err(error) => return Err(error),
        };
        let person = found.map(|found| found.user).filter(|user| !user.is_empty());
        named.push(Ticked { id, person: person.unwrap_or_else(|| unknown.to_owned()) });
    }
    Ok(named)
}
