//! `GET /console/people`.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_access::may;
use keyferry_domain::UserRef;
use serde::Deserialize;

use super::view::PersonView;
use crate::frame::{Frame, Place, page};
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Allowed;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    user: String,
    is_wrong: bool,
    done: Option<&'static str>,
    person: Option<PersonView>,
}

/// Query of the page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    user: String,
    done: String,
}

/// Shows a person's keys and passkeys.
pub(crate) async fn people(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetPerson>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Wanted { user, done } = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
    let frame = visitor.frame(Place::People);
    let user = user.trim().to_owned();
    if user.is_empty() {
        let empty = PeoplePage { frame, user, is_wrong: false, done: None, person: None };
        return Ok(page(StatusCode::OK, &empty));
    }
    let Some(parsed) = UserRef::parse(&user) else {
        let wrong = PeoplePage { frame, user, is_wrong: true, done: None, person: None };
        return Ok(page(StatusCode::BAD_REQUEST, &wrong));
    };
    let person = PersonView::read(&state, &visitor, &parsed, &user, frame.m).await;
    let person = person.map_err(|error| Problem::of_store(visitor.frame(Place::People), &error))?;
    tracing::info!(caller = %visitor.principal().caller(), "operator read keys of a person");
    let done = match done.as_str() {
        "revoked" => Some(frame.m.people.done_revoked),
        "gone" => Some(frame.m.people.done_gone),
        "stopped" => Some(frame.m.people.done_stopped),
        "partly" => Some(frame.m.people.done_partly),
        _ => None,
    };
    Ok(page(StatusCode::OK, &PeoplePage { frame, user, is_wrong: false, done, person: Some(person) }))
}
