//! Checks at start whether the connector has the permissions that it needs, so that a missing one is not discovered
//! weeks later.

use keyferry_azure_identity::TokenSource;
use keyferry_engine::AddresseeRule;
use keyferry_entra::{READ_MANAGER, REGISTER, RequiredPermission, SEND_MAIL, granted_permissions};
use keyferry_mail::PinChannelSettings;

use crate::config::Settings;

/// Returns an error if permissions are missing. If they cannot be determined, for example because the token endpoint is
/// not available, the connector starts anyway.
pub(super) async fn check(settings: &Settings, tokens: &dyn TokenSource) -> Result<(), String> {
    let granted = match granted_permissions(tokens).await {
        Ok(Some(granted)) => granted,
        Ok(None) => return Ok(()),
        Err(failure) => {
            tracing::warn!(%failure, "could not check the app registration's permissions: starting anyway");
            return Ok(());
        }
    };
    let missing: Vec<_> = needed(settings).into_iter().filter(|needed| !needed.is_in(&granted)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> =
        missing.iter().map(|needed| format!("\n  {}: {}", needed.any_of.join(" or "), needed.why)).collect();
    Err(format!(
        "the connector's app registration lacks permissions for Microsoft Graph. Grant these application permissions \
         and admin consent:{}",
        lines.concat()
    ))
}

pub(super) fn needed(settings: &Settings) -> Vec<RequiredPermission> {
    let mut needed = vec![REGISTER];
    if matches!(settings.pin_delivery.way, PinChannelSettings::LogicApp(_)) {
        return needed;
    }
    if settings.engine.addressees.contains(&AddresseeRule::Manager) {
        needed.push(READ_MANAGER);
    }
    if matches!(settings.pin_delivery.way, PinChannelSettings::Graph(_)) {
        needed.push(SEND_MAIL);
    }
    needed
}
