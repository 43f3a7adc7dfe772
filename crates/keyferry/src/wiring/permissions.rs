//! Whether the connector may do what the chosen way of the PIN needs, asked at start rather than weeks later.

use std::collections::BTreeSet;

use keyferry_azure_identity::TokenSource;
use keyferry_engine::AddresseeRule;
use keyferry_entra::granted_permissions;
use keyferry_mail::PinWaySettings;

use crate::config::Settings;

/// Any one of these lets the connector do it.
type AnyOf = &'static [&'static str];

const REGISTER: AnyOf = &["UserAuthMethod-Passkey.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"];
const READ_MANAGER: AnyOf = &["User.Read.All", "Directory.Read.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
const SEND_MAIL: AnyOf = &["Mail.Send"];

/// The reason not to start, if there is one. An identity provider that cannot be asked now is no reason.
pub(super) async fn check(settings: &Settings, tokens: &dyn TokenSource) -> Result<(), String> {
    let granted = match granted_permissions(tokens).await {
        Ok(Some(granted)) => granted,
        Ok(None) => return Ok(()),
        Err(failure) => {
            tracing::warn!(%failure, "the connector's permissions cannot be checked now: it starts without");
            return Ok(());
        }
    };
    let missing: Vec<_> = needed(settings).into_iter().filter(|(any, _)| !has(&granted, any)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = missing.iter().map(|(any, why)| format!("\n  {}: {why}", any.join(" or "))).collect();
    Err(format!(
        "the connector's app registration lacks permissions for Microsoft Graph; grant them as application permissions \
         and consent to them:{}",
        lines.concat()
    ))
}

fn has(granted: &BTreeSet<String>, any: AnyOf) -> bool {
    any.iter().any(|permission| granted.contains(*permission))
}

pub(super) fn needed(settings: &Settings) -> Vec<(AnyOf, &'static str)> {
    let mut needed = vec![(REGISTER, "to register keys")];
    if matches!(settings.pin_delivery.way, PinWaySettings::LogicApp(_)) {
        return needed;
    }
    if settings.engine.addressees.contains(&AddresseeRule::Manager) {
        needed.push((READ_MANAGER, "to look up the manager who gets the PIN (KEYFERRY_PIN_ADDRESSEES)"));
    }
    if matches!(settings.pin_delivery.way, PinWaySettings::Graph(_)) {
        needed.push((SEND_MAIL, "to send the PIN by mail (KEYFERRY_PIN_BY=graph)"));
    }
    needed
}
