//! People: one person's keys, beside the passkeys that the identity provider holds.
//!
//! The person is in the query of addresses, not in their paths: paths are in the log.

mod address;
mod lost;
mod offboard;
mod passkey;
mod revoke;
mod route;
mod stop;
mod view;

pub(crate) use address::person;
pub(crate) use lost::{ask as ask_lost_key, lose as lose_key};
pub(crate) use offboard::{ask as ask_offboard, offboard};
pub(crate) use revoke::{ask as ask_revoke, revoke};
pub(crate) use route::people;
pub(crate) use stop::{ask as ask_stop, stop};
