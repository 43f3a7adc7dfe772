//! The page that asks, and the page that shows.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use keyferry_engine::{PassOffer, PassPageError};
use keyferry_pages::{ReturnTo, page};

use super::refusal::refusal;
use crate::frame::Frame;
use crate::messages::PassMessages;
use crate::notice::Notice;
use crate::shown::{self, SECONDS, Secret, ShownPage};
use crate::state::{AREA, PortalState};
use crate::visitor::{PostedForm, Visitor};

#[derive(Template)]
#[template(path = "pass_ask.html")]
struct AskPage {
    frame: Frame,
    m: &'static PassMessages,
    here: String,
    offer: PassOffer,
}

impl AskPage {
    fn once(&self) -> String {
        (self.m.ask_once)(SECONDS)
    }
}

/// Returns the address of this page, from the token as the browser sent it.
fn here(token: &str) -> String {
    ReturnTo::of(&AREA, &format!("/me/pass/{token}")).as_str().to_owned()
}

/// `GET`: says whose pass it is, and asks. Makes and shows nothing, so that programs that open links in mails cannot.
pub(crate) async fn ask(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Result<Response, Notice> {
    let here = here(&token);
    let offer = state.passes.look(&token, visitor.id).await;
    let offer = offer.map_err(|error| refused(&state, &visitor, &here, &error))?;
    Ok(page(StatusCode::OK, &AskPage { frame: visitor.frame(), m: visitor.m.pass, here, offer }))
}

/// `POST`: has the pass made, and shows it. The link is closed before.
pub(crate) async fn show(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    PostedForm(visitor, _): PostedForm,
) -> Result<Response, Notice> {
    let by = visitor.visit.principal.caller().clone();
    let pass = state.passes.show(&token, visitor.id, by).await;
    let pass = pass.map_err(|error| refused(&state, &visitor, &here(&token), &error))?;
    let m = visitor.m.pass;
    let until = pass.valid_until.format("%Y-%m-%d %H:%M UTC").to_string();
    let secret = Secret { of: &pass.user, value: pass.text.expose(), note: Some((m.shown_until)(&until)) };
    let texts = if pass.is_own { &m.shown_own } else { &m.shown_other };
    Ok(ShownPage { frame: visitor.frame(), texts, secrets: vec![secret], closed: "/me/pass-closed" }.into_page())
}

/// `GET /me/pass-closed`: where the page with a pass leads after its time.
pub(crate) async fn closed(headers: HeaderMap) -> Response {
    shown::closed(&headers, |frame| &frame.m.pass.closed)
}

fn refused(state: &PortalState, visitor: &Visitor, here: &str, error: &PassPageError) -> Notice {
    // Without the token of the link.
    tracing::info!(user = %visitor.id, reason = %error, "page does not show a temporary access pass");
    refusal(visitor, here, error).with_contact(state.objections.contact())
}
