//! The page that asks, and the form that records the objection.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use keyferry_engine::{ObjectionOffer, PersonPageError};
use keyferry_pages::{ReturnTo, page};
use serde::Deserialize;

use crate::frame::Frame;
use crate::notice::Notice;
use crate::person_refusal::refusal;
use crate::state::{AREA, PortalState};
use crate::visitor::{Posted, Visitor};

#[derive(Template)]
#[template(path = "object.html")]
struct AskPage<'a> {
    frame: Frame,
    here: String,
    offer: ObjectionOffer,
    contact: Option<&'a str>,
}

/// Fields of the form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    /// What the person says, in own words.
    text: String,
}

/// Returns the address of this page, from the token as the browser sent it.
fn here(token: &str) -> String {
    ReturnTo::of(&AREA, &format!("/me/object/{token}")).as_str().to_owned()
}

/// `GET`: says what was ordered, and asks. Changes nothing, so that programs that open links in mails do not object.
pub(crate) async fn ask(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Result<Response, Notice> {
    let here = here(&token);
    let offer = state.objections.look(&token, visitor.id).await;
    let offer = offer.map_err(|error| refused(&state, &visitor, &here, &error))?;
    if offer.is_on_hold {
        let notice = Notice::new(visitor.frame(), StatusCode::OK, &visitor.m.person.on_hold);
        return Ok(notice.with_contact(state.objections.contact()).into_response());
    }
    let contact = state.objections.contact();
    Ok(page(StatusCode::OK, &AskPage { frame: visitor.frame(), here, offer, contact }))
}

/// `POST`: records the objection, and leads back to the page, which says so.
pub(crate) async fn object(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    Posted(visitor, fields): Posted<Fields>,
) -> Result<Response, Notice> {
    let by = visitor.visit.principal.caller().clone();
    let here = here(&token);
    let objected = state.objections.object(&token, visitor.id, by, &fields.text).await;
    objected.map_err(|error| refused(&state, &visitor, &here, &error))?;
    Ok(Redirect::to(&here).into_response())
}

fn refused(state: &PortalState, visitor: &Visitor, here: &str, error: &PersonPageError) -> Notice {
    // Without the token of the link.
    tracing::info!(user = %visitor.id, reason = %error, "page takes no objection");
    refusal(visitor, here, error).with_contact(state.objections.contact())
}
