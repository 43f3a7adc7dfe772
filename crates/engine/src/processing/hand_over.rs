//! Phase `Registered`: deliver the PINs.

use keyferry_domain::{Change, In, Note, Registered};

use super::step::Step;
use crate::context::Context;
use crate::failures::findings;
use crate::pins::{self, HandedOver};

pub(super) async fn hand_over_pins(context: &Context, it: In<Registered>) -> Step {
    if context.ledger.is_pin_sent(it.id()) {
        // The process died before it could record the delivery, or the database was restored from a backup.
        let note = Note::new(context.now(), "registered; the journal says that the PIN was sent");
        return Step::On(it.complete(note), None);
    }
    if let Some(link) = pins::page_link(context.settings.pin_release, it.pin_link()) {
        if link.expires_at > context.now() {
            return Step::Stay(Change::none(it));
        }
        return Step::Held(Change::none(it), findings::pin_link_expired());
    }
    match pins::send(context, it.phase(), &it).await {
        Ok(HandedOver::Link(link, to)) => {
            let detail = format!("registered, and a link to the PIN was sent to {to}");
            Step::Stay(it.offer_pin(link, Note::new(context.now(), detail)))
        }
        Ok(HandedOver::Pins(to)) => {
            context.ledger.pin_sent(it.id(), context.now()).await;
            let detail = format!("registered, and the PIN was sent to {to}");
            Step::On(it.complete(Note::new(context.now(), detail)), None)
        }
        Err(failure) => Step::Held(Change::none(it), failure),
    }
}
