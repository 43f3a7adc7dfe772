//! Fuzzes collected client data.
#![no_main]

use keyferry_webauthn::{Ceremony, ClientData};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(read) = ClientData::parse(data) else { return };
    for ceremony in [Ceremony::Registration, Ceremony::Authentication] {
        if read.verify(ceremony, "c", &["https://o.example".to_owned()]).is_ok() {
            assert_eq!((read.kind.as_str(), read.challenge.as_str()), (ceremony.client_data_type(), "c"));
            assert_eq!((read.origin.as_str(), read.cross_origin.unwrap_or_default()), ("https://o.example", false));
        }
    }
});
