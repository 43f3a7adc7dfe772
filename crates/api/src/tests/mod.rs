//! Tests of the API as a whole.

mod shipment_ids;
mod surface;
