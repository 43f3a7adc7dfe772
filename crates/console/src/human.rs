//! Who did something, as pages show it.

use keyferry_domain::Caller;

/// Returns the human's name and account, because names can be chosen by their bearers; or else the application.
pub(crate) fn human(caller: &Caller) -> String {
    let Some(user) = &caller.user else { return caller.application.to_string() };
    let account = user.user_name.as_deref().unwrap_or(&user.object_id);
    match &user.name {
        Some(name) => format!("{name} ({account})"),
        None => account.to_owned(),
    }
}
