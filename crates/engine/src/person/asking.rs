//! Mails in which the person is asked for the address, and the deadline.

use chrono::TimeDelta;
use keyferry_domain::ports::{PersonNews, PersonNotice};
use keyferry_domain::{AddressRequest, Change, Failure, NewObstacle, Note, ObstacleClass, Shipment, Timestamp};

use super::links;
use super::mailed::Mailed;
use super::mails::{MOST_ATTEMPTS, pause_before};
use super::recipient::{ordered_by, recipient};
use super::secret::Loaded;
use crate::context::Context;
use crate::failures::person::{address_overdue, address_unasked};
use crate::processing::obstacle;

/// Does what is due for a claimed queued order that waits for its address: asks the person, or ends the deadline.
/// Returns what to commit. The record must match the sealed order.
pub(super) async fn attend(context: &Context, shipment: Shipment, request: AddressRequest) -> Change {
    let now = context.now();
    if request.until <= now {
        return obstructed(context, Change::none(shipment), &address_overdue());
    }
    match ask(context, &shipment, request).await {
        Ok(Mailed::Sent) => {
            let number = request.mails.saturating_add(1);
            let detail = match number {
                1 => "the person was asked for the address".to_owned(),
                number => format!("the person was reminded of the address (mail {number})"),
            };
            shipment.address_requested(next_reminder(context, request), Note::new(now, detail))
        }
        Ok(Mailed::Never(reason)) => given_up(context, shipment, reason),
        Err(failure) => {
            let attempts = request.attempts.saturating_add(1);
            let code = failure.short();
            if attempts >= MOST_ATTEMPTS {
                return given_up(context, shipment, &format!("{attempts} attempts, {code}"));
            }
            let id = shipment.id();
            tracing::info!(shipment = %id, code, attempts, "could not ask person for the address; it is tried again");
            shipment.address_mail_failed(now + pause_before(attempts, &failure))
        }
    }
}

fn given_up(context: &Context, shipment: Shipment, reason: &str) -> Change {
    let note = Note::new(context.now(), format!("the person was not asked for the address: {reason}"));
    obstructed(context, shipment.address_not_requested(None, note), &address_unasked(reason))
}

/// Records an obstacle that only an operator removes.
fn obstructed(context: &Context, change: Change, failure: &Failure) -> Change {
    let obstacle = obstacle(context, change.shipment(), failure, ObstacleClass::Attention);
    change.then(|shipment| shipment.meet(NewObstacle { next_attempt: None, ..obstacle }))
}

/// Returns the time of the mail after the next one.
fn next_reminder(context: &Context, request: AddressRequest) -> Option<Timestamp> {
    let days = context.settings.address_reminder_days.get(usize::try_from(request.mails).ok()?)?;
    let at = request.from + TimeDelta::days((*days).into());
    (at < request.until).then_some(at)
}

async fn ask(context: &Context, shipment: &Shipment, request: AddressRequest) -> Result<Mailed, Failure> {
    let mut loaded = Loaded::of(context, shipment.id()).await?;
    let person = match recipient(context, shipment, loaded.secret.person).await? {
        Ok(person) => person,
        Err(unreachable) => return Ok(Mailed::Never(unreachable.reason())),
    };
    loaded.secret.person = Some(person.id);
    let link = links::address(context, shipment.id(), &mut loaded.secret, request.until)?;
    let object = links::objection(context, shipment.id(), &mut loaded.secret)?;
    // Before the mail: a link that was mailed must work.
    loaded.save(context).await?;
    let ordered_by = ordered_by(shipment);
    let news = PersonNews::Address {
        ordered_by: ordered_by.as_deref(),
        link: &link,
        object: &object,
        until: request.until,
        is_reminder: request.mails > 0,
    };
    let notice = PersonNotice {
        shipment: shipment.id(),
        addressee: &person.mail,
        user_name: &person.name,
        language: person.language,
        contact: context.settings.person_contact.as_deref().unwrap_or_default(),
        news,
        // A retry by an operator begins to count anew, with another deadline.
        message_id: &format!("{}.address.{}.{}", shipment.id(), request.from.timestamp(), request.mails),
    };
    context.ports.pin_delivery.mail_person(&notice).await?;
    Ok(Mailed::Sent)
}
