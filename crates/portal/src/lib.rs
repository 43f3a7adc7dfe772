//! Pages for people: at `/me`, on the API's listener. A page shows a PIN or a temporary access pass to its addressee,
//! once. On others, the person whom a key is for objects to it.
//!
//! Pages are written by the server and work without scripts. Each requires a sign-in with the tenant, and no role.
//! Who may see a PIN or object to a key, and that a PIN is shown once, is decided by `keyferry-engine`.
//!
//! Start reading at `router.rs`, then at `pin/route.rs`.

mod address;
mod assets;
mod frame;
mod messages;
mod notice;
mod object;
mod pace;
mod pass;
mod person_refusal;
mod pin;
mod router;
mod settings;
mod shown;
mod sign_in;
mod state;
mod visitor;

pub use router::router;
pub use settings::PortalSettings;
pub use state::{AREA, PortalState};
