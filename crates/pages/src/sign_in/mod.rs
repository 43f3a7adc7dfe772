//! Sign-in of users, without its pages.

mod begin;
mod callback;
mod platform;
mod problem;
mod session;

use axum::response::Response;
use keyferry_access::SessionId;

use crate::return_to::ReturnTo;

pub use begin::{BeginParameters, begin};
pub use callback::{CallbackParameters, complete};
pub(crate) use platform::sign_out;
pub use problem::SignInProblem;

/// A user who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// New session of the user.
    pub session: SessionId,
    /// Page to go to.
    pub to: ReturnTo,
    /// User for the log.
    pub who: String,
}

/// Begun sign-in.
#[derive(Debug)]
pub enum Begun {
    /// The browser goes elsewhere, and returns.
    Elsewhere(Response),
    /// The platform in front has signed the user in.
    SignedIn(SignedIn),
}
