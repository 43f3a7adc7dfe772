//! Fuzzes shipment records as read from the store.
#![no_main]

use keyferry_domain::Shipment;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(shipment) = serde_json::from_slice::<Shipment>(data) else { return };
    let written = serde_json::to_vec(&shipment).expect("serialised");
    assert_eq!(serde_json::from_slice::<Shipment>(&written).ok().as_ref(), Some(&shipment));
    let _ = (shipment.phase().name(), shipment.phase().delivery_id(), shipment.error_message());
});
