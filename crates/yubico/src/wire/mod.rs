//! The delivery API's JSON, read leniently: what the public record leaves open (a number or a string, this member name
//! or that one, nested or flat) is accepted either way, and members that are not known are ignored.

mod order;
mod problem;
mod shipment;
mod states;
mod text;

pub(crate) use order::{OrderAnswer, OrderBody};
pub(crate) use problem::Problem;
pub(crate) use shipment::ShipmentAnswer;
