//! Checks of a deployment, run where the connector runs: section 7.1 of the guide as one command.
//!
//! Each adapter checks its own external system ([`SelfCheck`]). The doctor calls these checks in order and adds those
//! that belong to no adapter: callers' tokens, schedules, open shipments, and whether a connector runs on this machine.
//! It orders, registers and changes nothing. Probes written to the stores are removed again. A mail is sent only on
//! request.

mod callers;
mod journal;
mod report;
mod schedule;
mod shipments;
mod target;

use std::collections::BTreeSet;

use keyferry_domain::ports::{CheckRequest, SelfCheck};
use keyferry_domain::{DeliveryId, Finding, Shipment, ShipmentId};

pub use report::{as_json, as_text, of_settings};
pub use target::{Questions, SelfChecks, Target};

/// Runs all checks, each after the checks whose subject it depends on.
pub async fn examine(target: &Target) -> Vec<Finding> {
    let checks = &target.checks;
    let mut findings = vec![Finding::ok("settings", "all settings are valid")];
    for check in [&checks.login, &checks.identity_provider].into_iter().chain(&checks.stores) {
        findings.extend(run(target, check.as_ref(), &[]).await);
    }
    let (open, shipments) = shipments::open(target).await;
    for check in [&checks.tenant, &checks.delivery_service] {
        findings.extend(run(target, check.as_ref(), &open).await);
    }
    findings.push(callers::key_set(target).await);
    for check in [&checks.pin_delivery, &checks.app_credentials] {
        findings.extend(run(target, check.as_ref(), &open).await);
    }
    findings.extend(schedule::next_runs(target));
    findings.push(shipments);
    findings.push(journal::compare(target).await);
    findings.extend(schedule::running(target).await);
    findings
}

async fn run(target: &Target, check: &dyn SelfCheck, open: &[Shipment]) -> Vec<Finding> {
    let questions = &target.questions;
    let products: BTreeSet<i64> = if questions.products.is_empty() {
        open.iter().flat_map(|shipment| shipment.keys()).map(|key| key.product.product_id).collect()
    } else {
        questions.products.iter().copied().collect()
    };
    let known_shipment: Option<&DeliveryId> = open.iter().rev().find_map(|shipment| shipment.phase().delivery_id());
    let now = target.clock.now();
    let request = CheckRequest {
        now,
        probe: ShipmentId::new(now, target.entropy.as_ref()),
        user: questions.user.as_ref(),
        send_test_mail: questions.send_test_mail.as_ref(),
        challenge_lifetime: target.challenge_lifetime,
        products: &products,
        product_models: &target.product_models,
        known_shipment,
    };
    check.self_check(&request).await
}
