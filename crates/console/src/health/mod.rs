//! Health of the service: what is wrong, what the checks of `keyferry doctor` find, webhooks, runs, settings.
//!
//! `sources` are what the program passes in. `checks` runs the doctor's checks. `route` writes the page, whose parts
//! are in `verdict`, `runs` and `settings`. `webhooks` are the pages of one webhook.

mod checks;
mod route;
mod runs;
mod settings;
mod sources;
mod verdict;
mod webhooks;

pub use self::checks::Health;
pub(crate) use self::route::{examine, health};
pub use self::sources::{EffectiveSetting, EffectiveValue, Examine, HealthSources, ServerProblem, SettingSource};
pub(crate) use self::webhooks::{ask_replay, replay, webhook};
