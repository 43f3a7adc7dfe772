//! Sign-out. Microsoft: "Send a sign-out request"; OpenID Connect RP-Initiated Logout 1.0.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::pages::{Page, render};
use super::sign_in::{cookie, set_cookie};
use crate::entra::form::Form;
use crate::entra::state::Entra;

/// `GET /{tenant}/oauth2/v2.0/logout`.
pub(in crate::entra) async fn logout(
    State(entra): State<Arc<Entra>>,
    Path(_): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let form = Form::parse(&query.unwrap_or_default());
    if let Some(session) = cookie(&headers) {
        entra.users.lock().sessions.take(session, entra.clock.tokens());
    }
    // Only to a registered redirect URI. Otherwise this would be an open redirect.
    let wanted = form.given("post_logout_redirect_uri");
    let known = wanted.filter(|uri| entra.directory.lock().apps.iter().any(|app| app.redirect(uri).is_some()));
    let response = match known.and_then(|uri| Url::parse(uri).ok()) {
        Some(mut url) => {
            if let Some(state) = form.given("state") {
                url.query_pairs_mut().append_pair("state", state);
            }
            (StatusCode::FOUND, [(header::LOCATION, String::from(url))]).into_response()
        }
        None => {
            let page = Page::Done { title: "Signed out", text: "You have signed out of your account." };
            render(StatusCode::OK, &page, None)
        }
    };
    set_cookie(response, "")
}
