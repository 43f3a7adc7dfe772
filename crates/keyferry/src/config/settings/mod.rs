//! The one table of settings. The reference page is printed from it.

mod azure;
mod general;

use super::table::Setting;

/// All settings.
pub(super) fn all() -> impl Iterator<Item = &'static Setting> {
    general::SETTINGS.iter().chain(azure::SETTINGS)
}

/// The setting of that name.
pub(super) fn lookup(name: &str) -> Option<&'static Setting> {
    all().find(|setting| setting.name == name)
}
