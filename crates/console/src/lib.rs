//! The operator's console: web pages at `/console`, on the API's listener.
//!
//! Pages are written by the server and work without scripts. A request passes [`router()`], then `visitor`, which finds
//! the signed-in user and asks `keyferry-access` whether the user may use the operation, then its page. Pages read
//! through the engine's views, and change something only through the operations of the API (`operations.rs`), as their
//! user.
//!
//! The crate makes no decision about a shipment (`keyferry-engine` does), about a user's rights, a sign-in or the life
//! of a session (`keyferry-access` does).
//!
//! To add a page: a folder with its route and its view, a template in `templates/`, its texts in `messages/`, and a
//! line in `router.rs`. A handler gets its user only from `visitor::Allowed`, or `visitor::Submitted` for forms.
//!
//! Start reading at `router.rs`, then at `visitor.rs`, then at `shipments/list.rs`.

mod assets;
mod audit;
mod batches;
mod field;
mod frame;
mod health;
mod human;
mod job;
mod messages;
mod operations;
mod order;
mod order_form;
mod overview;
mod people;
mod problem;
mod reconcile;
mod router;
mod settings;
mod shipment;
mod shipments;
mod sign_in;
mod state;
mod time;
mod visitor;
mod work;

pub use audit::Chain;
pub use field::parameters;
pub use health::{EffectiveSetting, EffectiveValue, Examine, Health, HealthSources, ServerProblem, SettingSource};
pub use router::router;
pub use settings::{ConsoleSettings, SignInBy, origin};
pub use state::{AREA, ConsoleState};
