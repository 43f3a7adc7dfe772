//! Control API of the sandbox, for tests and for users of this machine.
//!
//! It has no authentication. Bind it to loopback.

mod apps;
mod calls;
mod clock;
mod description;
mod faults;
mod groups;
mod holder;
mod inventory;
mod keys;
mod listed;
mod merged;
mod methods;
mod parcels;
mod people;
mod policy;
mod readable;
mod refused;
mod reset;
mod rotation;
mod routes;
mod settings;
mod sign_ins;
mod summary;
mod throttling;
mod users;
mod vault;

#[cfg(test)]
mod tests;

pub(crate) use routes::router;
