//! Checks at start whether the connector has the permissions for Graph that it needs.
//!
//! Without this check, a missing permission may show only weeks after the order: Keyferry looks up the manager and
//! sends the PIN after the key has shipped.

use keyferry_azure_identity::TokenSource;
use keyferry_engine::{AddresseeRule, PassRule, PrivilegedUsers};
use keyferry_entra::{
    ACCESS_PASSES, READ_GROUPS, READ_MANAGER, READ_MEMBERS, READ_PROFILES, READ_ROLES, REGISTER, RequiredPermission,
    SEND_MAIL, granted_permissions,
};
use keyferry_mail::PinChannelSettings;

use crate::config::Settings;

/// Checks the permissions in the connector's own token for Graph.
///
/// # Errors
/// Returns a message for the operator, which lists the missing permissions. Returns no error if the permissions cannot
/// be determined: an outage of the token endpoint must not prevent a start (a warning is logged), and Microsoft may
/// issue tokens that cannot be read (nothing is logged). `keyferry doctor` reports both cases.
pub(super) async fn check(settings: &Settings, tokens: &dyn TokenSource) -> Result<(), String> {
    let granted = match granted_permissions(tokens).await {
        Ok(Some(granted)) => granted,
        Ok(None) => return Ok(()),
        Err(failure) => {
            tracing::warn!(%failure, "could not check permissions of app registration: starting without the check");
            return Ok(());
        }
    };
    if settings.engine.privileged_users == PrivilegedUsers::Refuse && !READ_ROLES.is_in(&granted) {
        tracing::warn!(
            permission = READ_ROLES.least(),
            remedy = "grant the application permission, or set KEYFERRY_PRIVILEGED_USERS=allow",
            "app registration may not read directory roles: privileged users are not refused"
        );
    }
    let missing: Vec<_> = needed(settings).into_iter().filter(|needed| !needed.is_in(&granted)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> =
        missing.iter().map(|needed| format!("\n  {}: {}", needed.any_of.join(" or "), needed.why)).collect();
    Err(format!(
        "the connector's app registration lacks permissions for Microsoft Graph. Grant these application permissions \
         and admin consent, or run `keyferry setup entra`:{}",
        lines.concat()
    ))
}

/// Returns the permissions that these settings require: to register keys, for the rules about groups, for temporary
/// access passes, to fill in data of recipients, and for PIN delivery.
///
/// A Logic App looks up the manager with its own identity, so the connector needs no permission for it.
pub(super) fn needed(settings: &Settings) -> Vec<RequiredPermission> {
    let mut needed = vec![REGISTER];
    if !settings.engine.allowed_groups.is_empty() || !settings.engine.excluded_groups.is_empty() {
        needed.extend([READ_GROUPS, READ_MEMBERS]);
    }
    if settings.engine.access_pass != PassRule::Off {
        needed.extend([ACCESS_PASSES, READ_MANAGER, READ_ROLES]);
    }
    if settings.engine.fill_from_directory {
        needed.push(READ_PROFILES);
    }
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
