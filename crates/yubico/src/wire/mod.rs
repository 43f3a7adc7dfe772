//! JSON of the delivery service's API.
//!
//! Public documents do not specify some details: number or string, one of two member names, nested or flat. The parsers
//! accept all variants and ignore unknown members. What only informs never makes a response unusable.

mod catalogue;
mod listed;
mod object;
mod order;
mod problem;
mod shipment;
mod states;
mod text;

pub(crate) use catalogue::{AddressBody, AddressJudgement, CountryRow, InventoryRow, Listing, ProductRow};
pub(crate) use listed::listed;
pub(crate) use order::{OrderAnswer, OrderBody};
pub(crate) use problem::Problem;
pub(crate) use shipment::{ShipmentAnswer, Unusable};
