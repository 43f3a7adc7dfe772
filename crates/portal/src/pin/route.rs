//! The page that asks, and the page that shows.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use keyferry_engine::{PinOffer, PinPageError};
use keyferry_pages::{ReturnTo, page};
use serde::Deserialize;

use super::refusal::refusal;
use crate::frame::Frame;
use crate::notice::Notice;
use crate::shown::{self, SECONDS, Secret, ShownPage};
use crate::state::{AREA, PortalState};
use crate::visitor::{Posted, Visitor};

#[derive(Template)]
#[template(path = "pin_ask.html")]
struct AskPage {
    frame: Frame,
    here: String,
    offer: PinOffer,
    seconds: u32,
}

/// Fields of the form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    /// Not empty if the addressee confirms that the key has arrived.
    arrived: String,
}

/// Returns the address of this page, from the token as the browser sent it.
fn here(token: &str) -> String {
    ReturnTo::of(&AREA, &format!("/me/pin/{token}")).as_str().to_owned()
}

/// `GET`: says which key it is, and asks. Shows and releases nothing, so that programs that open links in mails cannot.
pub(crate) async fn ask(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Result<Response, Notice> {
    let here = here(&token);
    let offer = state.pins.look(&token, visitor.id).await.map_err(|error| refused(&visitor, &here, &error))?;
    Ok(page(StatusCode::OK, &AskPage { frame: visitor.frame(), here, offer, seconds: SECONDS }))
}

/// `POST`: shows the PIN. The link is closed before.
pub(crate) async fn show(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    Posted(visitor, fields): Posted<Fields>,
) -> Result<Response, Notice> {
    let by = visitor.visit.principal.caller().clone();
    let shown = state.pins.show(&token, visitor.id, by, !fields.arrived.is_empty()).await;
    let shown = shown.map_err(|error| refused(&visitor, &here(&token), &error))?;
    let (frame, m) = (visitor.frame(), visitor.m);
    let secrets = shown.iter().map(|one| Secret {
        of: &one.serial,
        value: one.pin.expose(),
        note: one.change_on_first_use.then(|| m.shown_change.to_owned()),
    });
    Ok(ShownPage { frame, texts: &m.shown, secrets: secrets.collect(), closed: "/me/pin-closed" }.into_page())
}

/// `GET /me/pin-closed`: where the page with a PIN leads after its time.
pub(crate) async fn closed(headers: HeaderMap) -> Response {
    shown::closed(&headers, |frame| &frame.m.closed)
}

fn refused(visitor: &Visitor, here: &str, error: &PinPageError) -> Notice {
    // Without the token of the link.
    tracing::info!(user = %visitor.id, reason = %error, "page does not show a PIN");
    refusal(visitor, here, error)
}
