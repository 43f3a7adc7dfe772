//! Step 14: the person, the key and the PIN.

use keyferry_domain::Pin;
use serde_json::{Value, json};

use super::answers::{KeyRefusal, KeyState, SignedIn};
use super::order::{Ordered, same};
use super::parcel::Parcel;
use super::registration::Method;
use super::step::Steps;
use super::wire::{Wire, ask, expect, said};
use super::{Trouble, pin};

/// Tells who signed in.
pub(super) async fn sign_in(
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    ordered: &Ordered,
    parcel: &Parcel,
    method: &Method,
    pin: Pin,
) -> Result<String, Trouble> {
    let options: Value =
        ask("the sign-in's options", wire.http.post(&wire.sandbox(&["signin", "options"])?), 200).await?;
    let key = HeldKey { wire, serial: &parcel.serial, options };
    let left = key.refuses(&pin::wrong(&pin, ordered.pin_length)?).await?;
    let mut told = format!("a wrong PIN was refused ({left} attempts left)");
    let mut pin = pin;
    if wire.world.one_time_pin {
        key.demands_change(&pin).await?;
        let chosen = pin::chosen(&pin, ordered.pin_length)?;
        key.change_pin(&pin, &chosen).await?;
        key.refuses(&pin).await?;
        told.push_str("; the PIN from the mail had to be changed first, and is of no use now");
        pin = chosen;
    }
    let assertion = match key.assert(&pin).await? {
        Ok(assertion) => assertion,
        Err(refusal) if refusal.error == "pin_change_required" => return Err(Trouble::ChangeDemanded),
        Err(refusal) => return Err(refused(refusal)),
    };
    let answer = wire.http.post(&wire.sandbox(&["signin", "verify"])?).json(&assertion).send().await?;
    if answer.status != 200 {
        return Err(Trouble::SignInRefused { reason: said(answer.body()) });
    }
    let who: SignedIn = answer.json()?;
    same("who signed in", &ordered.user.id, &who.user_id)?;
    same("the method of the sign-in", &method.id, &who.method_id)?;
    steps.done(format!("{told}; the relying party let {} ({}) in", who.user, who.upn));
    Ok(who.upn)
}

fn refused(refusal: KeyRefusal) -> Trouble {
    Trouble::PinRefused { code: refusal.error, retries_left: refusal.retries_left }
}

/// The key in the person's hand.
struct HeldKey<'a> {
    wire: &'a Wire<'a>,
    serial: &'a str,
    /// `PublicKeyCredentialRequestOptionsJSON` of the sign-in.
    options: Value,
}

impl HeldKey<'_> {
    /// An `AuthenticationResponseJSON`, or why the key gives none.
    async fn assert(&self, pin: &Pin) -> Result<Result<Value, KeyRefusal>, Trouble> {
        let url = self.wire.sandbox(&["control", "keys", self.serial, "assertion"])?;
        let body = json!({"pin": pin.expose(), "options": self.options});
        let answer = self.wire.http.post(&url).json(&body).send().await?;
        match answer.status {
            200 => Ok(Ok(answer.json()?)),
            403 => Ok(Err(answer.json()?)),
            status => {
                let said = said(answer.body());
                Err(Trouble::Answered { what: "the key's assertion", expected: 200, status, said })
            }
        }
    }

    /// The key refuses the PIN and counts that. Tells how many attempts are left.
    async fn refuses(&self, wrong: &Pin) -> Result<u64, Trouble> {
        let path = ["control", "keys", self.serial];
        let before: KeyState = self.wire.look("the key", &path).await?;
        let refusal = match self.assert(wrong).await? {
            Ok(_) => return Err(Trouble::WrongPinAccepted),
            Err(refusal) => refusal,
        };
        same("what the key says to a wrong PIN", "pin_incorrect", &refusal.error)?;
        let after: KeyState = self.wire.look("the key", &path).await?;
        let counted = before.retries_left.saturating_sub(1);
        same("the key's attempts left", &counted.to_string(), &after.retries_left.to_string())?;
        Ok(after.retries_left)
    }

    /// The key takes the PIN, but only to have it changed.
    async fn demands_change(&self, pin: &Pin) -> Result<(), Trouble> {
        match self.assert(pin).await? {
            Ok(_) => Err(Trouble::ChangeNotDemanded),
            Err(refusal) if refusal.error == "pin_change_required" => Ok(()),
            Err(refusal) => Err(refused(refusal)),
        }
    }

    async fn change_pin(&self, old: &Pin, new: &Pin) -> Result<(), Trouble> {
        let url = self.wire.sandbox(&["control", "keys", self.serial, "pin"])?;
        let body = json!({"old": old.expose(), "new": new.expose()});
        expect("changing the key's PIN", self.wire.http.post(&url).json(&body), 200).await.map(drop)
    }
}
