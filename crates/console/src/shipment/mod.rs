//! One shipment.

mod facts;
mod obstacle;
mod route;
mod sentence;
mod timeline;

pub(crate) use route::shipment;
