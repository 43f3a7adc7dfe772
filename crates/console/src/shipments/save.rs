//! `POST /console/shipments/views` and `POST /console/shipments/views/delete`.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use keyferry_domain::ports::SavedView;
use serde::Deserialize;

use super::conditions::{Conditions, Notice};
use super::paths::LIST;
use super::{list, saved};
use crate::field::Field;
use crate::frame::Place;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Submitted;

#[derive(Deserialize)]
pub(crate) struct Fields {
    name: String,
    #[serde(default)]
    query: String,
}

/// Gives a name to a list.
pub(crate) async fn save(
    State(state): State<ConsoleState>,
    Submitted(visitor, Fields { name, query }, ..): Submitted<may::ListShipments, Fields>,
) -> Result<Response, Problem> {
    let frame = || visitor.frame(Place::Shipments);
    let conditions = Conditions::read(&query).0.without(Field::Cursor);
    let user = &visitor.visit.user.object_id;
    let view = SavedView { name: name.trim().to_owned(), query: conditions.query() };
    let existing = state.views.saved_views(user).await.map_err(|error| Problem::of_store(frame(), &error))?;
    let mistake = saved::mistake(&view, &existing);
    // A list with wrong conditions explains itself.
    if mistake.is_some() || conditions.listing(visitor.principal(), frame().m).is_err() {
        let saved = saved::of(&state, &visitor, &conditions, mistake.map(|mistake| (name, mistake))).await?;
        return list::show(&state, &visitor, &conditions, saved).await;
    }
    state.views.save_view(user, &view).await.map_err(|error| Problem::of_store(frame(), &error))?;
    Ok(Redirect::to(&conditions.noticed(LIST, Notice::Saved)).into_response())
}

/// Deletes a view of the user.
pub(crate) async fn delete(
    State(state): State<ConsoleState>,
    Submitted(visitor, Fields { name, query }, ..): Submitted<may::ListShipments, Fields>,
) -> Result<Response, Problem> {
    let deleted = state.views.delete_view(&visitor.visit.user.object_id, &name).await;
    deleted.map_err(|error| Problem::of_store(visitor.frame(Place::Shipments), &error))?;
    Ok(Redirect::to(&Conditions::read(&query).0.noticed(LIST, Notice::Deleted)).into_response())
}
