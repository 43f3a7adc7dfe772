//! `/me/address/{token}`: the person whom a key is for gives the address to which it is sent.

mod fields;
mod route;

pub(crate) use route::{ask, give};
