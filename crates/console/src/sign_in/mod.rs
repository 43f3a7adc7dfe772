//! Sign-in and sign-out.

mod begin;
mod callback;
mod sign_out;
mod signed_in;

pub(crate) use begin::begin;
pub(crate) use callback::callback;
pub(crate) use sign_out::{sign_out, signed_out};
