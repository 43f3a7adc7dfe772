//! A relying party of the tenant: who holds a delivered key and its PIN signs in here, as at the real one.

mod begin;
mod challenges;
mod routes;
mod state;
#[cfg(test)]
mod tests;
mod verify;

pub(crate) use routes::router;
pub(crate) use state::Signin;
