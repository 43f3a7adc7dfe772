//! The grants of users at the token endpoint.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::Value;

use super::model::{DeviceState, Grant};
use super::scopes::Scopes;
use super::tokens;
use crate::entra::client::Proof;
use crate::entra::form::Form;
use crate::entra::refusal::Refusal;
use crate::entra::state::Entra;
use crate::ground::directory::{App, Redirect};

/// Grant type of the device authorization grant (RFC 8628 section 3.4).
pub(in crate::entra) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Increase of the interval of a client that asks too often (RFC 8628 section 3.5).
const SLOWER: TimeDelta = TimeDelta::seconds(5);

/// Kind of a grant.
#[derive(Clone, Copy, Debug)]
pub(in crate::entra) enum Kind {
    DeviceCode,
    AuthorizationCode,
    RefreshToken,
}

/// Returns the token response, or `None` if signing fails.
pub(in crate::entra) fn redeem(
    entra: &Entra,
    kind: Kind,
    client: &App,
    proof: Proof,
    form: &Form,
    tenant: &str,
) -> Result<Option<Value>, Refusal> {
    let mut grant = match kind {
        Kind::DeviceCode => device(entra, client, proof, form)?,
        Kind::AuthorizationCode => code(entra, client, proof, form)?,
        Kind::RefreshToken => refresh(entra, client, proof, form)?,
    };
    if let Some(scope) = form.given("scope").filter(|_| !matches!(kind, Kind::DeviceCode)) {
        // Microsoft: the scopes may be others than before, if they are consented to. The sandbox allows fewer only.
        let asked = Scopes::read(&entra.facts, &entra.directory.lock(), client, scope, tenant)?;
        if asked.target != grant.scopes.target || asked.names.iter().any(|name| !grant.scopes.names.contains(name)) {
            return Err(Refusal::ScopeInvalid { scope: scope.to_owned() });
        }
        grant.scopes.names = asked.names;
    }
    tokens::issue(entra, &grant, client, proof)
}

fn device(entra: &Entra, client: &App, proof: Proof, form: &Form) -> Result<Grant, Refusal> {
    if proof == Proof::Nothing && !client.public_client {
        return Err(Refusal::CredentialMissing);
    }
    let now = entra.clock.tokens();
    let mut users = entra.users.lock();
    let code = users.device_codes.get(form.need("device_code")?, now).filter(|code| code.client == client.id);
    let code = code.ok_or(Refusal::DeviceCodeUnknown)?;
    let too_soon = code.asked.replace(now).is_some_and(|asked| now - asked < code.interval);
    match &code.state {
        DeviceState::Redeemed => Err(Refusal::DeviceCodeUsed),
        DeviceState::Declined => Err(Refusal::DeviceDeclined),
        _ if code.expires <= now => Err(Refusal::DeviceCodeExpired),
        _ if too_soon => {
            code.interval += SLOWER;
            Err(Refusal::SlowDown)
        }
        DeviceState::Pending => Err(Refusal::AuthorizationPending),
        DeviceState::Approved(signed_in) => {
            let (signed_in, scopes) = (signed_in.clone(), code.scopes.clone());
            code.state = DeviceState::Redeemed;
            Ok(Grant { client: client.id, scopes, signed_in, nonce: None, confidential: proof != Proof::Nothing })
        }
    }
}

fn code(entra: &Entra, client: &App, proof: Proof, form: &Form) -> Result<Grant, Refusal> {
    let now = entra.clock.tokens();
    let mut users = entra.users.lock();
    let code = users.codes.get(form.need("code")?, now).filter(|code| code.request.client == client.id);
    let code = code.ok_or(Refusal::GrantInvalid { name: "code" })?;
    match (code.request.platform, proof) {
        (Redirect::Web, Proof::Nothing) => return Err(Refusal::CredentialMissing),
        (Redirect::Public, Proof::Secret | Proof::Assertion) => return Err(Refusal::ClientIsPublic),
        _ => {}
    }
    // From here on, the code is used, whatever follows: verifiers must not be guessed.
    if std::mem::replace(&mut code.used, true) {
        return Err(Refusal::CodeUsed);
    }
    if code.expires <= now {
        return Err(Refusal::GrantExpired);
    }
    let uri = form.need("redirect_uri")?;
    if uri != code.request.reply.redirect_uri {
        return Err(Refusal::RedirectDiffers { uri: uri.to_owned() });
    }
    let verifier = form.given("code_verifier").unwrap_or_default();
    if URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) != code.request.challenge {
        return Err(Refusal::VerifierWrong);
    }
    Ok(Grant {
        client: client.id,
        scopes: code.request.scopes.clone(),
        signed_in: code.signed_in.clone(),
        nonce: code.request.nonce.clone(),
        confidential: proof != Proof::Nothing,
    })
}

/// Refresh tokens stay valid when they are used (Microsoft: "refresh tokens aren't revoked when used").
fn refresh(entra: &Entra, client: &App, proof: Proof, form: &Form) -> Result<Grant, Refusal> {
    let now = entra.clock.tokens();
    let mut users = entra.users.lock();
    let grant = users.refresh_tokens.get(form.need("refresh_token")?, now).filter(|grant| grant.client == client.id);
    let grant = grant.ok_or(Refusal::GrantInvalid { name: "refresh_token" })?;
    if grant.confidential && proof == Proof::Nothing {
        return Err(Refusal::CredentialMissing);
    }
    Ok(grant.clone())
}
