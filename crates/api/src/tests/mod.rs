//! What holds for the API as a whole.

mod shipment_ids;
mod surface;
