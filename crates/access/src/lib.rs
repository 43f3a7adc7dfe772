//! Access: who calls, what the caller may do, and how often.
//!
//! [`Authentication`] turns the headers of a request into a [`Principal`]: the calling application, the user for whom
//! it acts, and its roles. [`Operation`] says which roles permit what. [`Limits`] bound how often a caller may do
//! something, and how often it may be done to one person.
//!
//! Users of the console sign in with [`SignIn`], and have a session of [`Sessions`], which is a [`Principal`], too.
//!
//! The crate decides, and routes ask it. It does not know paths or response bodies (`keyferry-api` does), and makes no
//! decision about a shipment (`keyferry-engine` does).
//!
//! Start reading at [`Operation`].

mod authentication;
mod error;
mod guarded;
mod identity;
mod limits;
mod operation;
mod platform;
mod platform_sign_in;
mod principal;
mod role;
mod sessions;
mod settings;
mod sign_in;
mod tokens;

pub use authentication::{Authentication, Authenticator};
pub use error::AuthError;
pub use guarded::{Guarded, may};
pub use keyferry_azure_identity::Prompt;
pub use limits::{Admission, LimitReached, LimitSettings, Limited, Limits, Quota};
pub use operation::Operation;
pub use platform_sign_in::PlatformSignIn;
pub use principal::{DelegatedRights, Principal, RolesMode};
pub use role::{Role, RoleSource, Roles};
pub use sessions::{SessionId, Sessions, Visit, is_recent};
pub use settings::{CallerSettings, CallerTokenSettings, RoleSettings};
pub use sign_in::{Attempt, SignIn, SignInError};
pub use tokens::{IdTokenSettings, IdTokenVerifier, SettingsError, SignedInUser, TokenSettings, TokenValidator};
