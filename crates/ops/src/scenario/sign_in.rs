//! Step 14: the holder signs in with key and PIN.

use keyferry_domain::Pin;
use serde_json::Value;

use super::answers::SignedIn;
use super::key::{HeldKey, Use};
use super::order::{Ordered, same};
use super::parcel::Parcel;
use super::registration::Method;
use super::step::Steps;
use super::wire::{Wire, ask, said};
use super::{Trouble, pin};

/// The signed-in user.
pub(super) struct Person {
    /// User principal name, according to the relying party.
    pub(super) upn: String,
    /// New PIN, if the PIN from the mail had to be changed.
    pub(super) new_pin: Option<Pin>,
}

pub(super) async fn sign_in(
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    ordered: &Ordered,
    parcel: &Parcel,
    method: &Method,
    pin: &Pin,
) -> Result<Person, Trouble> {
    let options: Value =
        ask("the sign-in's options", wire.http.post(&wire.sandbox(&["signin", "options"])?), 200).await?;
    let key = HeldKey { wire, serial: &parcel.serial };
    let assertion = Use::Assertion(&options);
    let left = key.refuses(assertion, &pin::wrong(pin, ordered.pin_length)?).await?;
    let mut detail = format!("the key refused a wrong PIN ({left} attempts left)");
    let mut new_pin = None;
    if wire.world.one_time_pin {
        key.demands_change(assertion, pin).await?;
        let chosen = pin::chosen(pin, ordered.pin_length)?;
        key.change_pin(pin, &chosen).await?;
        key.refuses(assertion, pin).await?;
        detail.push_str("; the PIN from the mail had to be changed first and no longer works");
        new_pin = Some(chosen);
    }
    let assertion: Value = key.accepts(assertion, new_pin.as_ref().unwrap_or(pin)).await?.json()?;
    let answer = wire.http.post(&wire.sandbox(&["signin", "verify"])?).json(&assertion).send().await?;
    if answer.status != 200 {
        return Err(Trouble::SignInRefused { reason: said(answer.body()) });
    }
    let who: SignedIn = answer.json()?;
    same("the signed-in user", &ordered.user.id, &who.user_id)?;
    same("the method of the sign-in", &method.id, &who.method_id)?;
    steps.done(format!("{detail}; the relying party signed in {} ({})", who.user, who.upn));
    Ok(Person { upn: who.upn, new_pin })
}
