//! Stock of the organisation at the delivery service: alarms and events when it runs low, and roll-over to another
//! inventory.
//!
//! The delivery service reduces its numbers once a day, so an inventory can be used up before its number is 0.

mod crossings;
mod levels;
mod roll_over;
mod rules;

pub(crate) use self::levels::{Levels, watch};
pub(crate) use self::roll_over::roll_over;
pub(crate) use self::rules::{preferences, thresholds};
