//! One shipment.

mod act;
mod address;
mod facts;
mod find;
mod obstacle;
mod print;
mod route;
mod sentence;
mod timeline;
mod verb;

pub(crate) use act::{act, ask};
pub(crate) use address::{ask_address, give_address};
pub(crate) use find::find;
pub(crate) use print::{ask_letter, letter};
pub(crate) use route::shipment;
pub(crate) use timeline::tone as event_tone;
pub(crate) use verb::{Verb, is_replaceable};
