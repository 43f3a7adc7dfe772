//! Runs one order through all fourteen steps of the process flow (guide, section 2.1) against a running connector and a
//! running sandbox, over HTTP only. With a browser configured, four more steps follow in it.
//!
//! It succeeds only if the holder can sign in at the end: with the PIN read from the mail, on the delivered key,
//! against the method registered in Graph. No step and no error contains a PIN, token or secret.

mod answers;
mod browser;
mod error;
mod key;
mod mail;
mod order;
mod parcel;
mod person;
mod pin;
mod processing;
mod registration;
mod report;
mod sabotage;
mod sign_in;
mod step;
mod wire;
mod world;

use std::time::Duration;

use keyferry_domain::Clock;

pub use crate::webdriver::Error as BrowserError;
pub use browser::Browser;
pub use error::{ScenarioError, Trouble};
pub use pin::Unreadable;
pub use report::Report;
pub use sabotage::Sabotage;
pub use step::Step;
pub use world::{DEFAULT_PATIENCE, DEFAULT_USER, World};

use browser::Window;
use sabotage::spoil;
use step::Steps;
use wire::Wire;

/// Runs one order through all steps. Calls `on_step` after each step.
///
/// # Errors
/// Returns the failed step and the cause. A browser that cannot be started is reported before the order is placed.
pub async fn run(
    world: &World,
    sabotage: Sabotage,
    clock: &dyn Clock,
    on_step: &mut (dyn FnMut(&Step) + Send),
) -> Result<Report, ScenarioError> {
    run_kind(Kind::Flow, world, sabotage, clock, on_step).await
}

/// Runs the side of the recipient: a key whose address the recipient enters, whose PIN the addressee sees on a page,
/// which is lost, and which is replaced by one act. Calls `on_step` after each step.
///
/// The connector needs the settings of `keyferry demo --person`.
///
/// # Errors
/// As [`run`].
pub async fn run_person(
    world: &World,
    sabotage: Sabotage,
    clock: &dyn Clock,
    on_step: &mut (dyn FnMut(&Step) + Send),
) -> Result<Report, ScenarioError> {
    run_kind(Kind::Person, world, sabotage, clock, on_step).await
}

#[derive(Clone, Copy)]
enum Kind {
    Flow,
    Person,
}

async fn run_kind(
    kind: Kind,
    world: &World,
    sabotage: Sabotage,
    clock: &dyn Clock,
    on_step: &mut (dyn FnMut(&Step) + Send),
) -> Result<Report, ScenarioError> {
    let first = |trouble| ScenarioError { step: 0, title: "", trouble: Box::new(trouble) };
    let wire = Wire::new(world).map_err(first)?;
    let titles = match kind {
        Kind::Flow => step::FLOW.to_vec(),
        Kind::Person => person::titles(world.browser.is_some()),
    };
    let steps = Steps::new(clock, on_step, titles);
    match &world.browser {
        None => run_in(kind, &wire, sabotage, steps, None).await,
        Some(browser) => {
            let driver = browser.start().await.map_err(first)?;
            let window = Window::open(&wire, browser, driver.url(), driver.profile()).await.map_err(first)?;
            let result = run_in(kind, &wire, sabotage, steps, Some(&window)).await;
            window.close().await;
            result
        }
    }
}

async fn run_in(
    kind: Kind,
    wire: &Wire<'_>,
    sabotage: Sabotage,
    mut steps: Steps<'_>,
    window: Option<&Window>,
) -> Result<Report, ScenarioError> {
    let result = match kind {
        Kind::Flow => run_steps(wire, sabotage, &mut steps, window).await,
        Kind::Person => person::run_steps(wire, sabotage, &mut steps, window).await,
    };
    match result {
        Ok(mut report) => {
            (report.steps, report.took) = steps.finish();
            Ok(report)
        }
        Err(trouble) => Err(ScenarioError { step: steps.current(), title: steps.title(), trouble: Box::new(trouble) }),
    }
}

async fn run_steps(
    wire: &Wire<'_>,
    sabotage: Sabotage,
    steps: &mut Steps<'_>,
    window: Option<&Window>,
) -> Result<Report, Trouble> {
    let ordered = order::place(wire, steps).await?;
    let parcel = parcel::ship(wire, steps, &ordered.shipment_id).await?;
    let details = processing::complete(wire, steps, &ordered, &parcel).await?;
    let method = registration::check(wire, steps, &ordered, &details, &parcel).await?;
    let mail = mail::receive(wire, steps, &ordered, &details, &parcel).await?;
    let spoilt = match window {
        None => spoil(wire, sabotage, &ordered, &method, &mail.pin).await?,
        Some(_) => None,
    };
    let person =
        sign_in::sign_in(wire, steps, &ordered, &parcel, &method, spoilt.as_ref().unwrap_or(&mail.pin)).await?;
    if let Some(window) = window {
        window.show_mail(wire, steps, &ordered, &parcel, &mail).await?;
        let pin = person.new_pin.as_ref().unwrap_or(&mail.pin);
        let spoilt = spoil(wire, sabotage, &ordered, &method, pin).await?;
        let key = window.plug_in(wire, steps, &ordered, &parcel, spoilt.as_ref().unwrap_or(pin)).await?;
        window.sign_in(wire, steps, &ordered).await?;
        window.try_without_pin(wire, steps, &ordered, &parcel, &key).await?;
    }
    Ok(Report {
        shipment_id: ordered.shipment_id,
        id: details.id,
        serial: parcel.serial,
        method_id: method.id,
        signed_in: person.upn,
        steps: Vec::new(),
        took: Duration::ZERO,
    })
}

#[cfg(test)]
mod tests;
