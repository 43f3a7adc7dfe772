//! Sign-in and sign-out.

mod begin;
mod callback;
mod platform;
mod session;
mod sign_out;

pub(crate) use begin::begin;
pub(crate) use callback::callback;
pub(crate) use sign_out::{sign_out, signed_out};
