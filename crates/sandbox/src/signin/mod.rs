//! Relying party of the tenant: the holder of a delivered key and its PIN can sign in here.

mod begin;
mod challenges;
mod routes;
mod state;
#[cfg(test)]
mod tests;
mod verify;

pub(crate) use routes::router;
pub(crate) use state::Signin;
