//! Phase `Registered`: deliver the PINs.

use keyferry_domain::{Change, In, Note, Registered};

use super::step::Step;
use crate::context::Context;
use crate::pins::{self, MessageClass};

pub(super) async fn hand_over_pins(context: &Context, it: In<Registered>) -> Step {
    match pins::send(context, it.phase(), &it, &MessageClass::Automatic).await {
        Ok(to) => {
            let detail = format!("registered, and the PIN was sent to {to}");
            Step::On(it.complete(Note::new(context.now(), detail)), None)
        }
        Err(failure) => Step::Held(Change::none(it), failure),
    }
}
