//! A defect of our own: the program panics with a secret in its hands.

use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::{Addressing, PinNotice};
use keyferry_domain::{Failure, PinDelivery};
use reqwest::StatusCode;

use crate::rig::Plan;
use keyferry_proof_support::ADA;

struct Panicking;

#[async_trait]
impl PinDelivery for Panicking {
    fn addressing(&self) -> Addressing {
        Addressing::ByTheOtherSide
    }

    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        panic!("cannot send {:?}", notice.pin.expose());
    }
}

impl keyferry::PortWrapper for Panicking {
    fn ports(&self, ports: keyferry::Ports) -> keyferry::Ports {
        keyferry::Ports { pin_delivery: Arc::new(Self), ..ports }
    }
}

/// The program with this defect; the test below runs it in a process of its own.
#[test]
#[ignore = "it is no test but the program of one"]
fn a_connector_that_panics() {
    let arguments = ["keyferry", "serve", "--api-port", "0", "--probe-port", "0"];
    keyferry::run(arguments.map(Into::into), &Panicking);
}

#[tokio::test]
async fn a_panic_with_a_pin_in_its_message() {
    let mut plan = Plan::new().await;
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--ignored", "--exact", "--nocapture", "--quiet", "panics::a_connector_that_panics"]);
    plan.instead(program);
    let rig = plan.start().await;
    let shipment = rig.shipped(ADA).await;
    rig.process().await;
    let answer = rig.resend(&shipment).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text);
    let log = rig.log();
    assert!(log.contains("canary/panics.rs:"), "its place is not told: {log}");
    rig.assert_silent(&[&shipment]).await;
}
