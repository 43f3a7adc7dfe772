//! Request bodies: limited in size, time and depth, parsed as strict JSON.

mod integer;
mod object;
mod parse;
mod read;
mod strict;
mod unknown;

pub(crate) use integer::Integer;
pub(crate) use object::{object, optional_object};
pub(crate) use parse::parse;
pub(crate) use read::read;
