//! One route, one file.

pub(crate) mod answers;
pub(crate) mod create_shipment;
mod details;
pub(crate) mod get_details;
pub(crate) mod get_shipment;
pub(crate) mod process_shipments;
pub(crate) mod resend_pin;
pub(crate) mod resolve_shipment;
pub(crate) mod status;
