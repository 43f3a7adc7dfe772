//! Request bodies: limited in size, time and depth, parsed as strict JSON.

mod integer;
mod object;
mod parse;
mod read;
mod strict;
mod unknown;

pub(crate) use integer::Integer;
pub(crate) use object::{object, optional_object};
pub(crate) use parse::{parse, parse_value};
pub(crate) use read::{read, read_up_to};
pub(crate) use strict::parse as strict;
pub(crate) use unknown::Unknown;
