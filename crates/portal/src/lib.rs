//! Pages for people: at `/me`, on the API's listener. A page shows a PIN to its addressee, once.
//!
//! Pages are written by the server and work without scripts. Each requires a sign-in with the tenant, and no role.
//! Who may see a PIN, and that it is shown once, is decided by `keyferry-engine`.
//!
//! Start reading at `router.rs`, then at `pin/route.rs`.

mod assets;
mod frame;
mod messages;
mod notice;
mod pace;
mod pin;
mod router;
mod settings;
mod sign_in;
mod state;
mod visitor;

pub use router::router;
pub use settings::PortalSettings;
pub use state::{AREA, PortalState};
