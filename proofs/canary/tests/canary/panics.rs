//! A defect in Keyferry: a panic whose message contains a secret.

use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::{Addressing, LinkNotice, PersonNotice, PinNotice, ReleaseNotice, Told};
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

    async fn deliver_link(&self, _: &LinkNotice<'_>) -> Result<(), Failure> {
        unreachable!("this defect sends PINs")
    }

    async fn mail_person(&self, _: &PersonNotice<'_>) -> Result<(), Failure> {
        unreachable!("this defect sends PINs")
    }

    async fn tell_released(&self, _: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        Ok(Told::NotPossible)
    }
}

impl keyferry::PortWrapper for Panicking {
    fn ports(&self, ports: keyferry::Ports) -> keyferry::Ports {
        keyferry::Ports { pin_delivery: Arc::new(Self), ..ports }
    }
}

/// The program with this defect. The test below runs it in its own process.
#[test]
#[ignore = "not a test: the program that the test below starts"]
fn a_connector_that_panics() {
    let arguments = ["keyferry", "serve", "--api-port", "0", "--probe-port", "0"];
    keyferry::run(arguments.map(Into::into), &Panicking);
}

#[tokio::test]
async fn no_leak_when_panic_message_contains_pin() {
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
    assert!(log.contains("canary/panics.rs:"), "the log does not contain the location of the panic: {log}");
    rig.assert_silent(&[&shipment]).await;
}
