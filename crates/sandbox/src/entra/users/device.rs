//! Device authorization endpoint (RFC 8628 section 3.1), and the page where the user types the code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::model::{DeviceCode, DeviceState, Interaction, Purpose};
use super::pages::{Page, render};
use super::scopes::Scopes;
use super::sign_in;
use super::store::{MEMORY, PAGE_LIFE};
use crate::entra::client::{self, Proof};
use crate::entra::form::Form;
use crate::entra::refusal::Refusal;
use crate::entra::state::Entra;
use crate::ground::directory::is_our_tenant;
use crate::ground::random;

/// Letters and digits of user codes: none that look alike (RFC 8628 section 6.1).
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// `POST /{tenant}/oauth2/v2.0/devicecode`.
pub(in crate::entra) async fn begin(
    State(entra): State<Arc<Entra>>,
    Path(tenant): Path<String>,
    body: String,
) -> Response {
    match begun(&entra, &tenant, &Form::parse(&body)) {
        Ok(begun) => Json(begun).into_response(),
        Err(refusal) => refusal.answer(entra.clock.tokens(), None),
    }
}

fn begun(entra: &Entra, tenant: &str, form: &Form) -> Result<Value, Refusal> {
    if !is_our_tenant(tenant) {
        return Err(Refusal::TenantUnknown { tenant: tenant.to_owned() });
    }
    let client = client::find(entra, tenant, form.need("client_id")?)?;
    let proof = client::authenticate(entra, &client, form)?;
    if proof == Proof::Nothing && !client.public_client {
        return Err(Refusal::CredentialMissing);
    }
    let scopes = Scopes::read(&entra.facts, &entra.directory.lock(), &client, form.need("scope")?, tenant)?;
    let (seconds, interval) = {
        let settings = entra.settings.lock();
        (settings.device_code_seconds, settings.device_code_interval)
    };
    let now = entra.clock.tokens();
    let expires = now + TimeDelta::seconds(seconds.into());
    // Nine characters were observed.
    let user_code: String =
        random::bytes::<9>().iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let code = DeviceCode {
        user_code: user_code.clone(),
        client: client.id,
        scopes,
        expires,
        interval: TimeDelta::seconds(interval.into()),
        asked: None,
        state: DeviceState::Pending,
    };
    let device_code = entra.users.lock().device_codes.add(code, now, expires + MEMORY);
    // Observed: https://login.microsoft.com/device.
    let page = entra.facts.url("device");
    Ok(json!({
        "user_code": user_code, "device_code": device_code, "verification_uri": page, "expires_in": seconds,
        "interval": interval,
        "message": format!(
            "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
        ),
    }))
}

/// `GET /device`.
pub(in crate::entra) async fn deviceauth() -> Response {
    render(StatusCode::OK, &Page::Code { error: None }, None)
}

/// `POST /device`: the user has typed a code.
pub(in crate::entra) async fn entered(State(entra): State<Arc<Entra>>, headers: HeaderMap, body: String) -> Response {
    let form = Form::parse(&body);
    let now = entra.clock.tokens();
    let again = |error| render(StatusCode::BAD_REQUEST, &Page::Code { error: Some(error) }, None);
    let (name, client) = {
        let mut users = entra.users.lock();
        match users.device_of(form.given("otc").unwrap_or_default(), now) {
            Some((_, code)) if code.expires <= now => {
                return again("That code has expired. Start the sign-in on your device again.");
            }
            Some((name, code)) if code.state == DeviceState::Pending => (name, code.client),
            Some(_) => return again("That code has been used. Start the sign-in on your device again."),
            None => return again("That code did not work. Check the code and try again."),
        }
    };
    let client_name = entra.directory.lock().app(client).map(|app| app.display_name.clone()).unwrap_or_default();
    let signed_in = sign_in::session(&entra, &headers);
    let purpose = Purpose::Device { device_code: name, client_name };
    let interaction = Interaction { purpose, signed_in };
    let id = entra.users.lock().interactions.add(interaction.clone(), now, now + PAGE_LIFE);
    sign_in::show(&entra, StatusCode::OK, &id, &interaction, "", None)
}
