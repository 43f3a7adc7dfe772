//! The delivered key, used through the sandbox's control API.

use keyferry_domain::Pin;
use keyferry_http::Answer;
use serde_json::{Value, json};

use super::Trouble;
use super::answers::{KeyRefusal, KeyState};
use super::order::same;
use super::wire::{Wire, expect, said};

/// A simulated key of the sandbox.
pub(super) struct HeldKey<'a> {
    pub(super) wire: &'a Wire<'a>,
    pub(super) serial: &'a str,
}

/// Operation that needs the PIN.
#[derive(Clone, Copy)]
pub(super) enum Use<'a> {
    /// Returns an `AuthenticationResponseJSON` for these `PublicKeyCredentialRequestOptionsJSON`.
    Assertion(&'a Value),
    /// Returns its credentials, for a browser.
    PlugIn,
}

impl HeldKey<'_> {
    /// Uses the key. Fails if it refuses the PIN.
    pub(super) async fn accepts(&self, usage: Use<'_>, pin: &Pin) -> Result<Answer, Trouble> {
        match self.ask(usage, pin).await? {
            Ok(answer) => Ok(answer),
            Err(refusal) if refusal.error == "pin_change_required" => Err(Trouble::ChangeDemanded),
            Err(refusal) => Err(refused(refusal)),
        }
    }

    /// Asserts that the key refuses the PIN and counts the attempt. Returns the number of attempts left.
    pub(super) async fn refuses(&self, usage: Use<'_>, wrong: &Pin) -> Result<u64, Trouble> {
        let path = ["control", "keys", self.serial];
        let before: KeyState = self.wire.read("the key", &path).await?;
        let refusal = match self.ask(usage, wrong).await? {
            Ok(_) => return Err(Trouble::WrongPinAccepted),
            Err(refusal) => refusal,
        };
        same("the key's error for a wrong PIN", "pin_incorrect", &refusal.error)?;
        let after: KeyState = self.wire.read("the key", &path).await?;
        let counted = before.retries_left.saturating_sub(1);
        same("the key's attempts left", &counted.to_string(), &after.retries_left.to_string())?;
        Ok(after.retries_left)
    }

    /// Asserts that the key accepts the PIN but requires a new one.
    pub(super) async fn demands_change(&self, usage: Use<'_>, pin: &Pin) -> Result<(), Trouble> {
        match self.ask(usage, pin).await? {
            Ok(_) => Err(Trouble::ChangeNotDemanded),
            Err(refusal) if refusal.error == "pin_change_required" => Ok(()),
            Err(refusal) => Err(refused(refusal)),
        }
    }

    pub(super) async fn change_pin(&self, old: &Pin, new: &Pin) -> Result<(), Trouble> {
        let url = self.wire.sandbox(&["control", "keys", self.serial, "pin"])?;
        let body = json!({"old": old.expose(), "new": new.expose()});
        expect("changing the key's PIN", self.wire.http.post(&url).json(&body), 200).await.map(drop)
    }

    async fn ask(&self, usage: Use<'_>, pin: &Pin) -> Result<Result<Answer, KeyRefusal>, Trouble> {
        let (what, place, body) = match usage {
            Use::Assertion(options) => {
                ("the key's assertion", "assertion", json!({"pin": pin.expose(), "options": options}))
            }
            Use::PlugIn => ("plugging the key in", "plug-in", json!({"pin": pin.expose()})),
        };
        let url = self.wire.sandbox(&["control", "keys", self.serial, place])?;
        let answer = self.wire.http.post(&url).json(&body).send().await?;
        match answer.status {
            200 => Ok(Ok(answer)),
            403 => Ok(Err(answer.json()?)),
            status => Err(Trouble::Answered { what, expected: 200, status, said: said(answer.body()) }),
        }
    }
}

fn refused(refusal: KeyRefusal) -> Trouble {
    Trouble::PinRefused { code: refusal.error, retries_left: refusal.retries_left }
}
