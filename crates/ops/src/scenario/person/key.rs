//! A key: made, registered, used.

use keyferry_domain::Pin;

use super::start::Story;
use super::until::until;
use crate::scenario::answers::MethodView;
use crate::scenario::browser::Window;
use crate::scenario::parcel::{self, Parcel};
use crate::scenario::registration::{self, Method};
use crate::scenario::sabotage::spoil;
use crate::scenario::sign_in;
use crate::scenario::step::Steps;
use crate::scenario::wire::Wire;
use crate::scenario::{Sabotage, Trouble};
use crate::webdriver::Authenticator;

/// A registered key.
pub(super) struct Held {
    pub(super) parcel: Parcel,
    pub(super) method: Method,
    /// The delivery service's id.
    pub(super) shipment_id: String,
}

/// Has the key made and shipped, and waits for its method.
pub(super) async fn made(
    story: &Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    shipment_id: String,
) -> Result<Held, Trouble> {
    let parcel = parcel::ship(wire, steps, &shipment_id).await?;
    let auditor = registration::auditor(wire, &story.ordered.tenant).await?;
    let user_id = story.ordered.user.id.clone();
    let probe = async || {
        let methods = registration::methods(wire, &auditor, &user_id).await?;
        match <[MethodView; 1]>::try_from(methods) {
            Ok([method]) => Ok(Ok(method)),
            Err(methods) => Ok(Err(format!("{} methods", methods.len()))),
        }
    };
    let token = &story.ordered.token;
    let method = until(wire, steps, token, "the identity provider", "one method of the recipient", probe).await?;
    crate::scenario::order::same("the method's AAGUID", &parcel.aaguid, &method.aa_guid)?;
    steps.done(format!("“{}”, {}, method {}", method.display_name, method.attestation_level, method.id));
    Ok(Held { parcel, method: Method { id: method.id, user_id, auditor }, shipment_id })
}

/// Signs in with key and PIN through the sandbox's API. Returns the key's PIN, which may have been changed.
pub(super) async fn sign_in(
    story: &Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    sabotage: Sabotage,
    held: &Held,
    pin: Pin,
) -> Result<Pin, Trouble> {
    let pin = spoil(wire, sabotage, &story.ordered, &held.method, &pin).await?.unwrap_or(pin);
    let person = sign_in::sign_in(wire, steps, &story.ordered, &held.parcel, &held.method, &pin).await?;
    Ok(person.new_pin.unwrap_or(pin))
}

/// Signs in with a browser, if there is one. Returns the key in it.
pub(super) async fn sign_in_browser<'a>(
    story: &Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    window: Option<&'a Window>,
    held: &Held,
    pin: &Pin,
) -> Result<Option<Authenticator<'a>>, Trouble> {
    let Some(window) = window else { return Ok(None) };
    let plugged = window.plug_in(wire, steps, &story.ordered, &held.parcel, pin).await?;
    window.sign_in(wire, steps, &story.ordered).await?;
    Ok(Some(plugged))
}
