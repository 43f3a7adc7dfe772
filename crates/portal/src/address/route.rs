//! The page with the form, and the form.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use keyferry_domain::OrderFinding;
use keyferry_engine::{AddressError, AddressOffer, GivenAddress, PersonPageError};
use keyferry_pages::{ReturnTo, page};

use super::fields::{Field, Problem, Values, fields, others};
use crate::frame::Frame;
use crate::notice::Notice;
use crate::person_refusal::refusal;
use crate::state::{AREA, PortalState};
use crate::visitor::{PostedForm, Visitor};

#[derive(Template)]
#[template(path = "address.html")]
struct AddressPage<'a> {
    frame: Frame,
    here: String,
    offer: AddressOffer,
    fields: Vec<Field>,
    /// What is wrong, and belongs to no field.
    others: Vec<Problem>,
    contact: Option<&'a str>,
}

/// Returns the address of this page, from the token as the browser sent it.
fn here(token: &str) -> String {
    ReturnTo::of(&AREA, &format!("/me/address/{token}")).as_str().to_owned()
}

/// `GET`: the empty form.
pub(crate) async fn ask(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Result<Response, Notice> {
    form(&state, &visitor, &token, StatusCode::OK, &Values::default(), &[]).await
}

/// `POST`: takes the address, or shows the form again with what is wrong.
pub(crate) async fn give(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    PostedForm(visitor, body): PostedForm,
) -> Result<Response, Notice> {
    let values = Values::of_form(&body);
    let by = visitor.visit.principal.caller().clone();
    let given = match GivenAddress::read(values.iter()) {
        Ok(given) => state.addresses.give(&token, visitor.id, by, given).await,
        Err(findings) => Err(AddressError::Refused(findings)),
    };
    match given {
        Ok(()) => {
            let notice = Notice::new(visitor.frame(), StatusCode::OK, &visitor.m.person.address_given);
            Ok(notice.with_contact(state.objections.contact()).into_response())
        }
        Err(AddressError::Refused(findings)) => {
            form(&state, &visitor, &token, StatusCode::BAD_REQUEST, &values, &findings).await
        }
        Err(AddressError::Page(error)) => Err(refused(&state, &visitor, &here(&token), &error)),
    }
}

async fn form(
    state: &PortalState,
    visitor: &Visitor,
    token: &str,
    status: StatusCode,
    values: &Values,
    findings: &[OrderFinding],
) -> Result<Response, Notice> {
    let here = here(token);
    let offer = state.addresses.look(token, visitor.id).await;
    let offer = offer.map_err(|error| refused(state, visitor, &here, &error))?;
    // Without the list, the country is any code.
    let countries = state.preflight.countries().await.ok().and_then(|listed| listed.items);
    let countries = countries.as_deref().map(Vec::as_slice).unwrap_or_default();
    let fields = fields(visitor.m.person, &offer.recipient, values, countries, findings);
    let (others, contact) = (others(visitor.m.person, &fields, findings), state.objections.contact());
    Ok(page(status, &AddressPage { frame: visitor.frame(), here, offer, fields, others, contact }))
}

fn refused(state: &PortalState, visitor: &Visitor, here: &str, error: &PersonPageError) -> Notice {
    // Without the token of the link.
    tracing::info!(user = %visitor.id, reason = %error, "page takes no address");
    let notice = match error {
        PersonPageError::TooLate => {
            Notice::new(visitor.frame(), StatusCode::GONE, &visitor.m.person.address_given_before)
        }
        error => refusal(visitor, here, error),
    };
    notice.with_contact(state.objections.contact())
}
