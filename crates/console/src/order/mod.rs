//! Order of a key for one person: the form with look-up and checks, the confirmation, and the order.

mod confirm;
mod key;
mod replaced;
mod route;
mod who;

pub(crate) use route::{ask, ask_replacement, replace, work};
