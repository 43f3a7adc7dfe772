//! `GET` and `POST /console/people/revoke`: deletes a passkey at the identity provider.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use keyferry_domain::UserRef;
use keyferry_http::encode_segment;
use serde::Deserialize;
use serde_json::json;

use super::address;
use super::passkey::PasskeyRow;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Submitted, Visitor};

#[derive(Template)]
#[template(path = "revoke.html")]
struct RevokePage {
    frame: Frame,
    fields: Fields,
    person: String,
    /// `None` if neither a record nor the identity provider has it, or if that is not known.
    passkey: Option<PasskeyRow>,
    refusal: Option<Refusal>,
}

/// Fields of the form, and query of its address.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    user: String,
    method: String,
    reason: String,
}

impl RevokePage {
    fn is_wrong(&self, field: &str) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.field.as_deref() == Some(field))
    }
}

/// Shows the passkey, and asks for the reason.
pub(crate) async fn ask(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::RevokeMethod>,
    fields: Result<Query<Fields>, QueryRejection>,
) -> Result<Response, Problem> {
    let fields = fields.map(|Query(fields)| fields).unwrap_or_default();
    visitor.require_recent(&state, &address::revoke(&fields.user, &fields.method))?;
    show(&state, &visitor, fields, None).await
}

/// Revokes it, as the API's operation does, and returns to the person.
pub(crate) async fn revoke(
    State(state): State<ConsoleState>,
    Submitted(visitor, fields, ..): Submitted<may::RevokeMethod, Fields>,
) -> Result<Response, Problem> {
    visitor.require_recent(&state, &address::revoke(&fields.user, &fields.method))?;
    let (user, method) = (encode_segment(&fields.user), encode_segment(&fields.method));
    let path = format!("/v1/people/{user}/methods/{method}/revoke");
    let body = json!({ "reason": fields.reason.trim() });
    match visitor.ask(&state, Method::POST, &path, Some(body)).await {
        Ok(revoked) => {
            tracing::info!(caller = %visitor.principal().caller(), "operator acted: revoke");
            let done = if revoked["existed"] == json!(true) { "revoked" } else { "gone" };
            Ok(Redirect::to(&address::done(&fields.user, done)).into_response())
        }
        Err(refusal) => show(&state, &visitor, fields, Some(refusal)).await,
    }
}

async fn show(
    state: &ConsoleState,
    visitor: &Visitor,
    fields: Fields,
    refusal: Option<Refusal>,
) -> Result<Response, Problem> {
    let frame = visitor.frame(Place::People);
    let Some(user) = UserRef::parse(&fields.user).filter(|_| !fields.method.is_empty()) else {
        return Err(Problem::not_found(frame));
    };
    let held = state.engine.people.passkeys(&user).await;
    let held = held.map_err(|error| Problem::of_store(visitor.frame(Place::People), &error))?;
    let found = held.passkeys.into_iter().find(|passkey| passkey.method_id == fields.method);
    let shown = RevokePage {
        person: address::person(&fields.user),
        passkey: found.map(|passkey| PasskeyRow::new(passkey, &fields.user, true, frame.m)),
        fields,
        refusal,
        frame,
    };
    let status = shown.refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status);
    Ok(page(status, &shown))
}
