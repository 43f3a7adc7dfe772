//! Authentication and authorization of callers of the vault.

use axum::http::{HeaderMap, header};

use super::error::VaultError;
use super::state::Vault;
use crate::entra::{AppClaims, TokenError, VAULT_AUDIENCE};
use crate::ground::directory::TENANT_ID;

/// Azure role for all data actions on secrets.
const OFFICER: &str = "Key Vault Secrets Officer";
/// Azure role for reading secrets.
const USER: &str = "Key Vault Secrets User";

/// Data action on a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Get,
    Set,
    Delete,
    Purge,
    Recover,
    ReadMetadata,
    Update,
}

impl Action {
    /// Returns the name of the action in Azure's roles.
    fn name(self) -> &'static str {
        match self {
            Self::Get => "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            Self::Set => "Microsoft.KeyVault/vaults/secrets/setSecret/action",
            Self::Delete => "Microsoft.KeyVault/vaults/secrets/delete",
            Self::Purge => "Microsoft.KeyVault/vaults/secrets/purge/action",
            Self::Recover => "Microsoft.KeyVault/vaults/secrets/recover/action",
            Self::ReadMetadata => "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            Self::Update => "Microsoft.KeyVault/vaults/secrets/update/action",
        }
    }
}

/// Checks that the caller is authorized for `action` on the secret `name`.
///
/// # Errors
/// Returns 401 for an invalid token, and 403 if the firewall or the missing role blocks the caller.
pub(super) fn admit(vault: &Vault, headers: &HeaderMap, action: Action, name: &str) -> Result<(), VaultError> {
    let claims = caller(vault, headers)?;
    // observed: codes and form of the two errors. The texts are shortened.
    let who =
        format!("Caller: appid={};oid={};iss=https://sts.windows.net/{TENANT_ID}/", claims.app_id, claims.object_id);
    if vault.settings.lock().vault_firewall {
        return Err(VaultError::forbidden(
            Some("ForbiddenByFirewall"),
            format!("Client address is not authorized and caller is not a trusted service.\r\n{who}"),
        ));
    }
    let directory = vault.directory.lock();
    let roles = directory.app(claims.app_id).map(|app| app.azure_roles.as_slice()).unwrap_or_default();
    let reads = matches!(action, Action::Get | Action::ReadMetadata);
    if roles.iter().any(|role| role == OFFICER || (reads && role == USER)) {
        return Ok(());
    }
    Err(VaultError::forbidden(
        Some("ForbiddenByRbac"),
        format!(
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role \
             definitions were changed recently, please observe propagation time.\r\n{who}\r\nAction: '{}'\r\nResource: \
             '{name}'\r\nAssignment: (not found)\r\nDecisionReason: 'DeniedWithNoValidRBAC'",
            action.name()
        ),
    ))
}

fn caller(vault: &Vault, headers: &HeaderMap) -> Result<AppClaims, VaultError> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, token) = value.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(VaultError::unauthorized("AKV10000: Request is missing a Bearer or PoP token."));
    }
    // inferred: the texts from here on.
    let claims = vault.entra.keys.verify(token.trim()).map_err(|reason| match reason {
        TokenError::Malformed => VaultError::unauthorized("AKV10001: Error parsing the token."),
        TokenError::Signature => VaultError::unauthorized("AKV10030: The token's signature could not be validated."),
    })?;
    let claims =
        AppClaims::read(&claims).ok_or_else(|| VaultError::unauthorized("AKV10001: Error parsing the token."))?;
    if claims.audience.trim_end_matches('/') != VAULT_AUDIENCE {
        return Err(VaultError::unauthorized(&format!(
            "AKV10022: Invalid audience. Expected {VAULT_AUDIENCE}, found: {}.",
            claims.audience
        )));
    }
    if claims.expires <= vault.clock.tokens().timestamp() {
        return Err(VaultError::unauthorized("AKV10014: The token is expired."));
    }
    Ok(claims)
}
