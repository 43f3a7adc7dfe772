//! The form of the sign-in page: user name and password, then the decision.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::complete;
use super::model::{DeviceState, Interaction, Purpose, SignedIn};
use super::pages::{Page, failed, render};
use super::store::USER_PASSWORD;
use crate::entra::form::Form;
use crate::entra::refusal::Refusal;
use crate::entra::state::Entra;
use crate::ground::directory::is_generated;

/// Cookie of a browser's session. Cookies do not tell ports apart, so the name is the sandbox's own.
const COOKIE: &str = "keyferry-sandbox-session";

/// Returns the session of a browser, unless it was revoked.
pub(super) fn session(entra: &Entra, headers: &HeaderMap) -> Option<SignedIn> {
    let name = cookie(headers)?;
    let mut users = entra.users.lock();
    let session = users.sessions.get(name, entra.clock.tokens())?.clone();
    let user = entra.directory.lock().user_by_id(session.user).is_some_and(|user| user.account_enabled);
    (users.is_valid(&session) && user).then_some(session)
}

/// Returns the cookie's value.
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// Adds the cookie to a response; an empty value removes it.
pub(super) fn set_cookie(mut response: Response, value: &str) -> Response {
    let end = if value.is_empty() { "; Max-Age=0" } else { "" };
    // `Lax`: the authorization endpoint is reached from another site by a link.
    let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{end}");
    if let Ok(text) = HeaderValue::try_from(text) {
        response.headers_mut().append(header::SET_COOKIE, text);
    }
    response
}

/// Returns the page of an interaction.
pub(super) fn show(
    entra: &Entra,
    status: StatusCode,
    id: &str,
    interaction: &Interaction,
    name: &str,
    error: Option<&str>,
) -> Response {
    let (app, reply) = match &interaction.purpose {
        Purpose::Device { client_name, .. } => (client_name, None),
        Purpose::Authorize(request) => (&request.client_name, Some(request.reply.redirect_uri.as_str())),
    };
    let directory = entra.directory.lock();
    let user = interaction.signed_in.as_ref().and_then(|signed_in| directory.user_by_id(signed_in.user));
    match user {
        Some(user) => render(status, &Page::Confirm { interaction: id, app, user: &user.upn }, reply),
        None => {
            let known = directory.users.iter().filter(|user| !is_generated(user.id)).take(50);
            let users: Vec<_> = known.map(|user| (user.upn.clone(), user.display_name.clone())).collect();
            render(status, &Page::User { interaction: id, app, name, users: &users, error }, reply)
        }
    }
}

/// `POST /login`.
pub(in crate::entra) async fn submit(State(entra): State<Arc<Entra>>, body: String) -> Response {
    let form = Form::parse(&body);
    let now = entra.clock.tokens();
    let id = form.given("interaction").unwrap_or_default();
    let Some(mut interaction) = entra.users.lock().interactions.get(id, now).cloned() else {
        return failed("This sign-in has ended or expired. Start again.");
    };
    match (form.given("action"), &interaction.signed_in) {
        (Some("cancel"), _) => end(&entra, id, interaction, None),
        (Some("other"), _) => {
            interaction.signed_in = None;
            keep(&entra, id, &interaction);
            show(&entra, StatusCode::OK, id, &interaction, "", None)
        }
        (Some("accept"), Some(_)) => {
            let signed_in = interaction.signed_in.take();
            end(&entra, id, interaction, signed_in)
        }
        _ => {
            let name = form.given("login").unwrap_or_default().trim();
            let user = match checked(&entra, name, form.given("passwd").unwrap_or_default()) {
                Ok(user) => user,
                Err(refusal) => {
                    interaction.signed_in = None;
                    let (_, text) = refusal.for_redirect();
                    return show(&entra, StatusCode::BAD_REQUEST, id, &interaction, name, Some(&text));
                }
            };
            let (session, signed_in) = entra.users.lock().begin_session(user, now);
            let asks = match &interaction.purpose {
                Purpose::Device { .. } => true,
                Purpose::Authorize(request) => request.prompt.consent,
            };
            let response = if asks {
                interaction.signed_in = Some(signed_in);
                keep(&entra, id, &interaction);
                show(&entra, StatusCode::OK, id, &interaction, "", None)
            } else {
                end(&entra, id, interaction, Some(signed_in))
            };
            set_cookie(response, &session)
        }
    }
}

fn keep(entra: &Entra, id: &str, interaction: &Interaction) {
    if let Some(kept) = entra.users.lock().interactions.get(id, entra.clock.tokens()) {
        *kept = interaction.clone();
    }
}

/// Checks user name and password. Returns the user's object id.
fn checked(entra: &Entra, name: &str, password: &str) -> Result<uuid::Uuid, Refusal> {
    let directory = entra.directory.lock();
    let user = directory.user(name).ok_or_else(|| Refusal::UserUnknown { name: name.to_owned() })?;
    if password != USER_PASSWORD {
        return Err(Refusal::PasswordWrong);
    }
    if user.account_enabled { Ok(user.id) } else { Err(Refusal::UserDisabled) }
}

/// Ends an interaction with the user's decision: `None` declines.
fn end(entra: &Entra, id: &str, interaction: Interaction, signed_in: Option<SignedIn>) -> Response {
    let now = entra.clock.tokens();
    let mut users = entra.users.lock();
    if users.interactions.take(id, now).is_none() {
        return failed("This sign-in has ended. Start again.");
    }
    let address = match (interaction.purpose, signed_in) {
        (Purpose::Device { device_code, client_name }, signed_in) => {
            let accepted = signed_in.is_some();
            let decision = signed_in.map_or(DeviceState::Declined, DeviceState::Approved);
            if !complete::device(&mut users, &device_code, decision, now) {
                return failed("The code has expired or was used. Start the sign-in on your device again.");
            }
            let (title, text) = if accepted {
                ("Signed in", format!("You have signed in to {client_name}. You can close this window."))
            } else {
                ("Sign-in cancelled", format!("You did not sign in to {client_name}. You can close this window."))
            };
            return render(StatusCode::OK, &Page::Done { title, text: &text }, None);
        }
        (Purpose::Authorize(request), Some(signed_in)) => complete::authorized(&mut users, *request, signed_in, now),
        (Purpose::Authorize(request), None) => complete::declined(&request),
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
}
