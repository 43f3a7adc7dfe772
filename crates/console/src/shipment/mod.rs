//! One shipment.

mod act;
mod facts;
mod find;
mod obstacle;
mod replace;
mod route;
mod sentence;
mod timeline;
mod verb;

pub(crate) use act::{act, ask};
pub(crate) use replace::{ask as ask_replace, is_replaceable, replace};
pub(crate) use route::shipment;
pub(crate) use timeline::tone as event_tone;
pub(crate) use verb::Verb;
