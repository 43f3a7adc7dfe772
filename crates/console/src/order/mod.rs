//! Order of a key for one person: the form with look-up and checks, the confirmation, and the order.

mod confirm;
mod key;
mod route;
mod who;

pub(crate) use key::new as new_key;
pub(crate) use route::{ask, work};
