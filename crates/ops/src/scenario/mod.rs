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
mod pin;
mod processing;
mod registration;
mod sign_in;
mod step;
mod wire;
mod world;

use std::time::Duration;

use keyferry_domain::{Clock, Pin};

pub use crate::webdriver::Error as BrowserError;
pub use browser::Browser;
pub use error::{ScenarioError, Trouble};
pub use pin::Unreadable;
pub use step::Step;
pub use world::{DEFAULT_PATIENCE, DEFAULT_USER, World};

use browser::Window;
use order::Ordered;
use registration::Method;
use step::Steps;
use wire::Wire;

/// Fault to inject, to verify that the scenario detects it. Applied before step 14, with a browser before step 16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// No fault.
    #[default]
    None,
    /// Misreads one digit of the PIN in the mail.
    CorruptPin,
    /// Deletes the method from Graph before the sign-in, as an administrator could.
    DeleteMethod,
}

/// Result of a successful run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The delivery service's id of the shipment.
    pub shipment_id: String,
    /// Keyferry's id of the shipment.
    pub id: String,
    /// Serial number of the key.
    pub serial: String,
    /// Graph's id of the method.
    pub method_id: String,
    /// User principal name of the signed-in user, according to the relying party.
    pub signed_in: String,
    /// All steps: 14, or 18 with a browser.
    pub steps: Vec<Step>,
    /// Total time.
    pub took: Duration,
}

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
    let first = |trouble| ScenarioError { step: 0, trouble: Box::new(trouble) };
    let wire = Wire::new(world).map_err(first)?;
    match &world.browser {
        None => run_in(&wire, sabotage, clock, on_step, None).await,
        Some(browser) => {
            let driver = browser.start().await.map_err(first)?;
            let window = Window::open(&wire, browser, driver.url(), driver.profile()).await.map_err(first)?;
            let result = run_in(&wire, sabotage, clock, on_step, Some(&window)).await;
            window.close().await;
            result
        }
    }
}

async fn run_in(
    wire: &Wire<'_>,
    sabotage: Sabotage,
    clock: &dyn Clock,
    on_step: &mut (dyn FnMut(&Step) + Send),
    window: Option<&Window>,
) -> Result<Report, ScenarioError> {
    let mut steps = Steps::new(clock, on_step);
    match run_steps(wire, sabotage, &mut steps, window).await {
        Ok(mut report) => {
            (report.steps, report.took) = steps.finish();
            Ok(report)
        }
        Err(trouble) => Err(ScenarioError { step: steps.current(), trouble: Box::new(trouble) }),
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

/// Injects the fault. Returns the misread PIN for [`Sabotage::CorruptPin`].
async fn spoil(
    wire: &Wire<'_>,
    sabotage: Sabotage,
    ordered: &Ordered,
    method: &Method,
    pin: &Pin,
) -> Result<Option<Pin>, Trouble> {
    match sabotage {
        Sabotage::None => Ok(None),
        Sabotage::CorruptPin => Ok(Some(pin::misread(pin, ordered.pin_length)?)),
        Sabotage::DeleteMethod => registration::delete(wire, method).await.map(|()| None),
    }
}

#[cfg(test)]
mod tests;
