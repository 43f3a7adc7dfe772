//! Mails about a lost key, to the person and to the person's manager.

use keyferry_domain::ports::{LossNews, NextKey, PersonNews, PersonNotice};
use keyferry_domain::{EmailAddress, Failure, ObjectId, Person, PersonMail, Shipment};

use super::mailed::Mailed;
use super::recipient::{Found, Unreachable, found, human};
use super::secret::Loaded;
use crate::context::Context;

/// Sends one of the mails. It contains no address, and nothing that the reporter wrote.
///
/// Whoever reports a key that is not lost locks its person out, so the person and the manager each learn of it by
/// themselves: one who cannot be reached costs the other nothing.
pub(super) async fn send(context: &Context, shipment: &Shipment, mail: PersonMail) -> Result<Mailed, Failure> {
    let Some(withdrawal) = shipment.withdrawal() else { return Ok(Mailed::Never("the key was not reported as lost")) };
    let to_manager = mail == PersonMail::LostToManager;
    // Whoever edits the record directs no mail to another person, if an earlier mail fixed the person. The secret of
    // the shipment itself is usually gone by now.
    let fixed = Loaded::existing(context, shipment.id()).await?.and_then(|loaded| loaded.secret.person);
    let person = match found(context, shipment, fixed, to_manager).await? {
        Ok(person) => person,
        Err(unreachable) => return Ok(Mailed::Never(unreachable.reason())),
    };
    let addressee = if to_manager { manager(&person) } else { own(&person) };
    let (addressee, known) = match addressee {
        Ok((addressee, person)) => (addressee, person.language),
        Err(unreachable) => return Ok(Mailed::Never(unreachable.reason())),
    };
    // Never the reason, which is the reporter's free text.
    let reported_by = human(&withdrawal.by);
    let made = shipment.phase().fulfilled().and_then(|fulfilled| fulfilled.keys.first());
    let news = PersonNews::Lost(LossNews {
        to_manager,
        serial: made.map(|made| &made.serial),
        ordered_at: shipment.created_at(),
        reported_by: reported_by.as_deref(),
        reported_at: withdrawal.at,
        unusable_since: shipment.key_revoked_at().unwrap_or(withdrawal.at),
        was_registered: shipment.key_revoked_at().is_some(),
        next_key: match withdrawal.replacement {
            None => NextKey::None,
            Some(replacement) if replacement.is_queued => NextKey::Ordered,
            Some(_) => NextKey::Planned,
        },
    });
    let notice = PersonNotice {
        shipment: shipment.id(),
        addressee,
        user_name: &person.name,
        language: context.settings.mail_language.of(known),
        contact: context.settings.person_contact.as_deref().unwrap_or_default(),
        news,
        message_id: &format!("{}.{}", shipment.id(), mail.as_str()),
    };
    context.ports.pin_delivery.mail_person(&notice).await?;
    Ok(Mailed::Sent)
}

/// Returns the mailbox of the person. Others may read that of a disabled account.
pub(super) fn own(person: &Found) -> Result<(&EmailAddress, &Person), Unreachable> {
    if person.entry.person.enabled == Some(false) {
        return Err(Unreachable::Disabled);
    }
    let person = &person.entry.person;
    Ok((person.mail.as_ref().ok_or(Unreachable::NoMail)?, person))
}

/// Returns the mailbox of the manager, as for PINs.
pub(super) fn manager(person: &Found) -> Result<(&EmailAddress, &Person), Unreachable> {
    let manager = person.entry.manager.as_ref().ok_or(Unreachable::NoManager)?;
    let is_same = |id: ObjectId| id == person.id;
    if manager.id.is_some_and(is_same) {
        return Err(Unreachable::OwnManager);
    }
    if manager.enabled == Some(false) {
        return Err(Unreachable::ManagerDisabled);
    }
    Ok((manager.mail.as_ref().ok_or(Unreachable::ManagerWithoutMail)?, manager))
}
