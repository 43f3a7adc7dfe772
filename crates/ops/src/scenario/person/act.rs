//! The lost key: one act.

use keyferry_domain::Pin;
use serde_json::{Value, json};

use super::key::Held;
use super::letters;
use super::start::Story;
use super::until::{MAX_ATTEMPTS, PAUSE};
use crate::scenario::answers::Withdrawn;
use crate::scenario::browser::Window;
use crate::scenario::key::{HeldKey, Use};
use crate::scenario::order::{missing, same};
use crate::scenario::registration;
use crate::scenario::step::Steps;
use crate::scenario::wire::{Wire, ask, expect, said};
use crate::scenario::{Sabotage, Trouble};

/// Reports the key as lost. Its method must be gone when the call returns. Returns Keyferry's id of the next shipment.
pub(super) async fn report_lost(
    story: &mut Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    sabotage: Sabotage,
    held: &Held,
    shipment: &str,
) -> Result<String, Trouble> {
    if sabotage == Sabotage::KeepLostKey {
        let fault = json!({ "endpoint": "graph.method", "kind": "fail_before", "status": 503, "times": 20 });
        let request = wire.http.post(&wire.sandbox(&["control", "faults"])?).json(&fault);
        expect("adding a fault", request, 201).await?;
    }
    let mails = letters::since(wire, story.ordered.last_mail).await?;
    story.last_mail_before_loss = mails.iter().map(|mail| mail.id).max().unwrap_or_default();
    let lost = reported(story, wire, steps).await?;
    let methods = registration::methods(wire, &held.method.auditor, &held.method.user_id).await?;
    same("methods of the recipient right after the report", "0", &methods.len().to_string())?;
    same("the shipment of the lost key", shipment, &lost.id)?;
    same("the lost key", &held.parcel.serial, &lost.serial_number.unwrap_or_default())?;
    let next = lost.withdrawal.and_then(|act| act.replacement).ok_or(missing("the shipment of the next key"))?;
    steps.done(format!("key {}: the identity provider lists no method; shipment {next} follows", held.parcel.serial));
    Ok(next)
}

/// Calls the connector. Repeats the call while a run processes the shipment: 409, and nothing was changed.
async fn reported(story: &Story, wire: &Wire<'_>, steps: &Steps<'_>) -> Result<Withdrawn, Trouble> {
    let url = wire.api(&["v1", "people", &story.ordered.user.upn, "lost-key"])?;
    let mut attempts = 0;
    loop {
        let request = wire.http.post(&url).bearer(story.ordered.token.expose());
        let request = request.json(&json!({ "reason": "left on a train" }));
        attempts += 1;
        match ask("POST /v1/people/{user}/lost-key", request, 200).await {
            Err(Trouble::Answered { status: 409, .. }) if attempts < MAX_ATTEMPTS => steps.clock().sleep(PAUSE).await,
            answer => return answer,
        }
    }
}

/// Uses the key with its correct PIN, and asserts that the relying party refuses it, also in a browser.
pub(super) async fn is_useless(
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    window: Option<&Window>,
    held: &Held,
    pin: &Pin,
) -> Result<(), Trouble> {
    let options: Value =
        ask("the sign-in's options", wire.http.post(&wire.sandbox(&["signin", "options"])?), 200).await?;
    let key = HeldKey { wire, serial: &held.parcel.serial };
    let assertion: Value = key.accepts(Use::Assertion(&options), pin).await?.json()?;
    let answer = wire.http.post(&wire.sandbox(&["signin", "verify"])?).json(&assertion).send().await?;
    if answer.is_success() {
        let expected = "that the relying party refuses it".to_owned();
        return Err(Trouble::Mismatch { what: "sign-in with the lost key", expected, got: "a sign-in".to_owned() });
    }
    let mut detail = format!("key and PIN are correct; the relying party refused them: {}", said(answer.body()));
    if let Some(window) = window {
        detail.push_str(&format!("; the browser shows “{}”", window.is_refused(wire, steps).await?));
    }
    steps.done(detail);
    Ok(())
}
