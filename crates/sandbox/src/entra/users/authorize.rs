//! Authorization endpoint.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::complete;
use super::model::{AuthorizationRequest, Interaction, Purpose, SignedIn};
use super::pages::failed;
use super::request::{Invalid, read};
use super::sign_in;
use super::store::PAGE_LIFE;
use crate::entra::form::Form;
use crate::entra::refusal::Refusal;
use crate::entra::state::Entra;

/// `GET /{tenant}/oauth2/v2.0/authorize`.
pub(in crate::entra) async fn authorize(
    State(entra): State<Arc<Entra>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let request = match read(&entra, &tenant, &Form::parse(&query.unwrap_or_default())) {
        Ok(request) => request,
        Err(Invalid::Shown(refusal)) => return failed(&refusal.for_redirect().1),
        Err(Invalid::Sent(refusal, reply)) => return found(reply.with_error(&refusal)),
    };
    let now = entra.clock.tokens();
    let session = sign_in::session(&entra, &headers).filter(|session| suits(&entra, &request, session));
    if request.prompt.none {
        return found(match session {
            Some(session) => complete::authorized(&mut entra.users.lock(), request, session, now),
            None => request.reply.with_error(&Refusal::LoginRequired),
        });
    }
    let session = session.filter(|_| !request.prompt.login && !request.prompt.select_account);
    if let Some(session) = session.clone().filter(|_| !request.prompt.consent) {
        return found(complete::authorized(&mut entra.users.lock(), request, session, now));
    }
    let hint = request.login_hint.clone().unwrap_or_default();
    let interaction = Interaction { purpose: Purpose::Authorize(Box::new(request)), signed_in: session };
    let id = entra.users.lock().interactions.add(interaction.clone(), now, now + PAGE_LIFE);
    sign_in::show(&entra, StatusCode::OK, &id, &interaction, &hint, None)
}

/// Returns whether a session is recent enough, and of the user that the client expects.
fn suits(entra: &Entra, request: &AuthorizationRequest, session: &SignedIn) -> bool {
    let recent = request.max_age.is_none_or(|age| entra.clock.tokens() - session.at <= age);
    let directory = entra.directory.lock();
    let expected = request.login_hint.as_deref();
    recent && expected.is_none_or(|hint| directory.user(hint).is_some_and(|user| user.id == session.user))
}

fn found(address: String) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, address)]).into_response()
}
