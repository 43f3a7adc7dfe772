//! Access: who calls, what the caller may do, and how often.
//!
//! [`Authentication`] turns the headers of a request into a [`Principal`]: the calling application, the user for whom
//! it acts, and its roles. [`Operation`] says which roles permit what. [`Limits`] bound how often a caller may do
//! something, and how often it may be done to one person.
//!
//! The crate decides, and routes ask it. It does not know paths or response bodies (`keyferry-api` does), and makes no
//! decision about a shipment (`keyferry-engine` does).
//!
//! Start reading at [`Operation`].

mod authentication;
mod error;
mod identity;
mod limits;
mod operation;
mod platform;
mod principal;
mod role;
mod settings;
mod tokens;

pub use authentication::{Authentication, Authenticator};
pub use error::AuthError;
pub use limits::{Admission, LimitReached, LimitSettings, Limited, Limits, Quota};
pub use operation::Operation;
pub use principal::{DelegatedRights, Principal, RolesMode};
pub use role::{Role, RoleSource, Roles};
pub use settings::{CallerSettings, CallerTokenSettings, RoleSettings};
pub use tokens::{SettingsError, TokenSettings, TokenValidator};
