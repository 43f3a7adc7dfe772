//! `/me/object/{token}`: the person whom a key is for objects to it.

mod route;

pub(crate) use route::{ask, object};
