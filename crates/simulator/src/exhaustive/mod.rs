//! Every fault at every position of one shipment.
