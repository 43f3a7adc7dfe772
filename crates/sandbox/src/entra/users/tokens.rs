//! Tokens of users: the token response, and the claims of access and ID tokens.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::Grant;
use super::scopes::Target;
use super::store::REFRESH_LIFE;
use crate::entra::claims::{issuer_v1, issuer_v2};
use crate::entra::client::Proof;
use crate::entra::refusal::Refusal;
use crate::entra::resource::GRAPH_APP_ID;
use crate::entra::state::Entra;
use crate::ground::directory::{App, Directory, TENANT_ID, User};
use crate::ground::random;

/// Returns the token response for a grant, or `None` if signing fails.
///
/// # Errors
/// Returns the reason if the user may no longer sign in.
pub(super) fn issue(entra: &Entra, grant: &Grant, client: &App, proof: Proof) -> Result<Option<Value>, Refusal> {
    let now = entra.clock.tokens();
    if !entra.users.lock().is_valid(&grant.signed_in) {
        return Err(Refusal::GrantRevoked);
    }
    let (version, seconds) = {
        let settings = entra.settings.lock();
        (settings.access_token_version, settings.user_token_seconds)
    };
    let (user, access) = {
        let directory = entra.directory.lock();
        let user = active(&directory, grant.signed_in.user)?.clone();
        let access = access_token(entra, &directory, grant, client, &user, proof, version, now, seconds);
        (user, access)
    };
    let Some(access) = entra.keys.sign(&access) else { return Ok(None) };
    let mut response = json!({
        "token_type": "Bearer", "scope": grant.scopes.text(), "expires_in": seconds, "ext_expires_in": seconds,
        "access_token": access,
    });
    if grant.scopes.openid {
        let Some(id_token) = entra.keys.sign(&id_token(entra, grant, client, &user, now)) else { return Ok(None) };
        response["id_token"] = json!(id_token);
    }
    if grant.scopes.offline {
        let kept = Grant { nonce: None, confidential: proof != Proof::Nothing, ..grant.clone() };
        response["refresh_token"] = json!(entra.users.lock().refresh_tokens.add(kept, now, now + REFRESH_LIFE));
    }
    Ok(Some(response))
}

/// Returns the user, if the account exists and is enabled.
pub(super) fn active(directory: &Directory, id: Uuid) -> Result<&User, Refusal> {
    let user = directory.user_by_id(id).ok_or_else(|| Refusal::UserUnknown { name: id.to_string() })?;
    if user.account_enabled { Ok(user) } else { Err(Refusal::UserDisabled) }
}

#[expect(clippy::too_many_arguments, reason = "a token combines facts about all parties")]
fn access_token(
    entra: &Entra,
    directory: &Directory,
    grant: &Grant,
    client: &App,
    user: &User,
    proof: Proof,
    api_version: u8,
    now: DateTime<Utc>,
    seconds: u32,
) -> Value {
    let mut claims = common(grant, now, i64::from(seconds));
    let (resource, version, roles) = match &grant.scopes.target {
        Target::Graph => (GRAPH_APP_ID, 1, Vec::new()),
        // The shortcut of `api_roles`: roles on each API of the tenant.
        Target::Api { app, .. } => match directory.app(*app).filter(|app| app.app_id_uri.is_some()) {
            Some(app) => (app.id, api_version, user.app_roles.clone()),
            None => (*app, 1, Vec::new()),
        },
    };
    claims.insert("sub".to_owned(), json!(pairwise(resource, user.id)));
    claims.insert("name".to_owned(), json!(user.display_name));
    claims.insert("oid".to_owned(), json!(user.id));
    claims.insert("scp".to_owned(), json!(grant.scopes.claim()));
    if !roles.is_empty() {
        claims.insert("roles".to_owned(), json!(roles));
    }
    let own = if version == 2 {
        json!({
            "aud": resource, "iss": issuer_v2(&entra.facts), "ver": "2.0", "azp": client.id, "azpacr": proof.claim(),
            "preferred_username": user.upn,
        })
    } else {
        json!({
            "aud": grant.scopes.audience(), "iss": issuer_v1(), "ver": "1.0", "appid": client.id,
            "appidacr": proof.claim(), "acr": "1", "amr": ["pwd"], "unique_name": user.upn, "upn": user.upn,
        })
    };
    extend(&mut claims, own);
    Value::Object(claims)
}

/// Returns the claims of an ID token: "ID token claims reference". `name`, `preferred_username` and `oid` need the
/// scope `profile`. `auth_time` is an optional claim. So is `sid`, which the
/// sandbox always adds. Roles are those of the
/// client itself.
fn id_token(entra: &Entra, grant: &Grant, client: &App, user: &User, now: DateTime<Utc>) -> Value {
    let mut claims = common(grant, now, 3600);
    extend(
        &mut claims,
        json!({
            "aud": client.id, "iss": issuer_v2(&entra.facts), "ver": "2.0", "sub": pairwise(client.id, user.id),
        }),
    );
    if grant.scopes.profile {
        extend(&mut claims, json!({ "name": user.display_name, "oid": user.id, "preferred_username": user.upn }));
    }
    if grant.scopes.email
        && let Some(mail) = &user.mail
    {
        claims.insert("email".to_owned(), json!(mail));
    }
    if !client.adds_to_id_tokens("auth_time") {
        claims.remove("auth_time");
    }
    if let Some(nonce) = &grant.nonce {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    if client.app_id_uri.is_some() && !user.app_roles.is_empty() {
        claims.insert("roles".to_owned(), json!(user.app_roles));
    }
    Value::Object(claims)
}

fn common(grant: &Grant, now: DateTime<Utc>, seconds: i64) -> Map<String, Value> {
    // Entra backdates tokens by five minutes, for callers whose clock is slow.
    let issued = (now - TimeDelta::minutes(5)).timestamp();
    let mut claims = Map::new();
    extend(
        &mut claims,
        json!({
            "iat": issued, "nbf": issued, "exp": now.timestamp() + seconds,
            "auth_time": grant.signed_in.at.timestamp(),
            "aio": URL_SAFE_NO_PAD.encode(random::bytes::<32>()),
            "rh": "1.AAAA.",
            "sid": grant.signed_in.session,
            "tid": TENANT_ID,
            "uti": URL_SAFE_NO_PAD.encode(random::bytes::<16>()),
        }),
    );
    claims
}

fn extend(claims: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        claims.extend(more);
    }
}

/// Returns the subject of a user at an application: different for each application.
fn pairwise(app: Uuid, user: Uuid) -> String {
    let text = [app.as_bytes().as_slice(), TENANT_ID.as_bytes(), user.as_bytes()].concat();
    URL_SAFE_NO_PAD.encode(digest(&SHA256, &text))
}
