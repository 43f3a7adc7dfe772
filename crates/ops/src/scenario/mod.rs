//! One order through all fourteen steps of the process flow (the guide, section 2.1), against a running connector and
//! a running sandbox, over HTTP only.
//!
//! It succeeds only if the person could sign in at the end: with the PIN read from the mail, on the delivered key,
//! against the method that Graph holds. No PIN, token or secret stands in a step or an error.

mod answers;
mod error;
mod mail;
mod order;
mod parcel;
mod pin;
mod processing;
mod registration;
mod sign_in;
mod step;
mod wire;

use std::time::Duration;

use keyferry_domain::Clock;
use url::Url;
use zeroize::Zeroizing;

pub use error::{ScenarioError, Trouble};
pub use pin::Unreadable;
pub use step::Step;

use step::Steps;
use wire::Wire;

/// The user whose key is ordered unless another is named.
pub const DEFAULT_USER: &str = "ada.lovelace@contoso.onmicrosoft.com";
/// How long to wait for `complete`, and then for the mail, unless told otherwise.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);

/// What the scenario runs against.
#[derive(Clone)]
pub struct World {
    /// Base URL of the connector's API.
    pub api: Url,
    /// Base URL of the sandbox.
    pub sandbox: Url,
    /// Token endpoint that the caller asks.
    pub token_url: Url,
    /// Client id of the caller: one that the connector allows.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Zeroizing<String>,
    /// Scope of the token: the connector's App ID URI with `/.default`.
    pub scope: String,
    /// Whom the key is for: a user of the sandbox, by user principal name or object id.
    pub user: String,
    /// Orders a customization whose PIN must be changed before the key's first use.
    pub one_time_pin: bool,
    /// How long to wait for `complete`, and then for the mail.
    pub patience: Duration,
}

/// What to spoil, to see that the scenario notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// Nothing.
    #[default]
    None,
    /// One digit of the PIN is misread in the mail.
    CorruptPin,
    /// An administrator deletes the method from Graph before the sign-in.
    DeleteMethod,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The delivery service's id of the shipment.
    pub shipment_id: String,
    /// The connector's own id of it.
    pub id: String,
    /// Serial number of the key.
    pub serial: String,
    /// Graph's id of the method.
    pub method_id: String,
    /// User principal name of who signed in, as the relying party says.
    pub signed_in: String,
    /// All fourteen steps.
    pub steps: Vec<Step>,
    /// All in all.
    pub took: Duration,
}

/// Runs one order through all steps; `on_step` is told each as it is done.
///
/// # Errors
/// The step that failed, and why.
pub async fn run(
    world: &World,
    sabotage: Sabotage,
    clock: &dyn Clock,
    on_step: &mut (dyn FnMut(&Step) + Send),
) -> Result<Report, ScenarioError> {
    let mut steps = Steps::new(clock, on_step);
    match follow(world, sabotage, &mut steps).await {
        Ok(mut report) => {
            (report.steps, report.took) = steps.finish();
            Ok(report)
        }
        Err(trouble) => Err(ScenarioError { step: steps.current(), trouble: Box::new(trouble) }),
    }
}

async fn follow(world: &World, sabotage: Sabotage, steps: &mut Steps<'_>) -> Result<Report, Trouble> {
    let wire = Wire::new(world)?;
    let ordered = order::place(&wire, steps).await?;
    let parcel = parcel::see_off(&wire, steps, &ordered.shipment_id).await?;
    let details = processing::complete(&wire, steps, &ordered, &parcel).await?;
    let method = registration::check(&wire, steps, &ordered, &details, &parcel).await?;
    let mut pin = mail::receive(&wire, steps, &ordered, &details, &parcel).await?;
    match sabotage {
        Sabotage::None => {}
        Sabotage::CorruptPin => pin = pin::misread(&pin, ordered.pin_length)?,
        Sabotage::DeleteMethod => registration::delete(&wire, &method).await?,
    }
    let signed_in = sign_in::sign_in(&wire, steps, &ordered, &parcel, &method, pin).await?;
    Ok(Report {
        shipment_id: ordered.shipment_id,
        id: details.id,
        serial: parcel.serial,
        method_id: method.id,
        signed_in,
        steps: Vec::new(),
        took: Duration::ZERO,
    })
}

#[cfg(test)]
mod tests;
