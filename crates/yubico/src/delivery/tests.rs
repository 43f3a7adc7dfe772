use std::sync::Arc;

use crate::testing::fakes::{Dice, TestClock, Tokens};
use crate::testing::{client, url};
use crate::{Delivery, Error, YubicoSettings};

mod cancel;
mod catalogue;
mod order;
mod prepare;
mod refusals;
mod responses;
mod status;

fn settings() -> YubicoSettings {
    let [base, sign, transport] = ["https://a.example/v1/", "https://b.example/s", "https://b.example/t"].map(url);
    YubicoSettings::new(base, sign, transport)
}

fn new(settings: YubicoSettings) -> Result<Delivery, Error> {
    let clock = Arc::new(TestClock::default());
    Delivery::new(settings, client(), Arc::new(Tokens::new(["t"])), Arc::new(Dice::default()), clock)
}

#[tokio::test]
async fn rejects_invalid_settings() {
    let delivery = new(settings()).unwrap();
    assert_eq!(delivery.shipments.as_str(), "https://a.example/v1/fpr/shipments");
    let error = new(YubicoSettings { api_base: url("mailto:a@b.example"), ..settings() }).unwrap_err();
    assert_eq!(error, Error::BaseAddress { scheme: "mailto".into() });
    let error = new(YubicoSettings { accepted_encs: Vec::new(), ..settings() }).unwrap_err();
    assert_eq!(error, Error::NothingAccepted { header: "enc" });
    let error = new(YubicoSettings { accepted_algs: Vec::new(), ..settings() }).unwrap_err();
    assert_eq!(error, Error::NothingAccepted { header: "alg" });
}
