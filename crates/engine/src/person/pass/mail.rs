//! Mail with the link to a temporary access pass.

use chrono::TimeDelta;
use keyferry_domain::ports::{PassNews, PersonNews, PersonNotice};
use keyferry_domain::{Failure, Shipment};

use super::addressee::addressee;
use super::rule::PassRule;
use crate::context::Context;
use crate::person::links::Page;
use crate::person::mailed::Mailed;
use crate::person::recipient::{found, human};
use crate::person::secret::Loaded;
use crate::pins::new_secret_part;

/// Time for which a link is valid. Long enough for a weekend.
const LINK: TimeDelta = TimeDelta::hours(72);

/// Sends the mail. It contains no pass: the identity provider is asked for it when the addressee wants to see it. A
/// link of an earlier attempt is not valid any more.
pub(in crate::person) async fn send(context: &Context, shipment: &Shipment) -> Result<Mailed, Failure> {
    let loaded = Loaded::existing(context, shipment.id()).await?;
    let requested = shipment.access_pass().zip(loaded);
    let Some((pass, mut loaded)) = requested else { return Ok(Mailed::Never("no pass was requested")) };
    let Some(sealed) = loaded.secret.pass.as_mut().filter(|sealed| sealed.id == pass.id) else {
        return Ok(Mailed::Never("the record was changed since the report"));
    };
    let to_manager = context.settings.access_pass == PassRule::Manager;
    let person = match found(context, shipment, Some(sealed.person), to_manager).await? {
        Ok(person) => person,
        Err(unreachable) => return Ok(Mailed::Never(unreachable.reason())),
    };
    let addressee = match addressee(context, &person) {
        Ok(addressee) if addressee.id == sealed.addressee => addressee,
        Ok(_) => return Ok(Mailed::Never("the addressee has changed since the report")),
        Err(unreachable) => return Ok(Mailed::Never(unreachable.reason())),
    };
    let (part, until) = (new_secret_part(context), context.now() + LINK);
    let link = Page { address: &context.settings.pass_page, shipment: shipment.id() }.with(&part)?;
    sealed.set_link(&part, until);
    // Before the mail: a link that was mailed must work.
    loaded.save(context).await?;
    let requested_by = human(&pass.requested_by);
    let minutes = context.settings.access_pass_minutes;
    let notice = PersonNotice {
        shipment: shipment.id(),
        addressee: addressee.mail,
        user_name: &person.name,
        language: addressee.language,
        contact: context.settings.person_contact.as_deref().unwrap_or_default(),
        news: PersonNews::AccessPass(PassNews {
            to_manager,
            requested_by: requested_by.as_deref(),
            link: &link,
            until,
            minutes,
        }),
        // No two links are the same message.
        message_id: &format!("{}.access_pass.{}", shipment.id(), context.new_id()),
    };
    context.ports.pin_delivery.mail_person(&notice).await?;
    Ok(Mailed::Sent)
}
