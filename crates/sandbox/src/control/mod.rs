//! The control API: what a test or a person at this machine does to the world. It knows no authentication, so it belongs
//! on loopback.

mod apps;
mod calls;
mod clock;
mod description;
mod faults;
mod keys;
mod merged;
mod methods;
mod parcels;
mod policy;
mod readable;
mod refused;
mod reset;
mod rotation;
mod routes;
mod settings;
mod users;
mod vault;

#[cfg(test)]
mod tests;

pub(crate) use routes::router;
