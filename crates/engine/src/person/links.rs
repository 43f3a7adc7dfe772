//! Links to pages for the person, and the town in the first mail.

use chrono::TimeDelta;
use keyferry_domain::{Failure, Order, PersonMail, Shipment, ShipmentId, Timestamp};

use super::secret::{Loaded, PersonSecret};
use crate::context::Context;
use crate::failures::person::no_person_page;
use crate::pins::{PageAddress, new_secret_part};

/// Page for the person.
pub(super) struct Page<'a> {
    pub(super) address: &'a PageAddress,
    pub(super) shipment: ShipmentId,
}

impl Page<'_> {
    /// Returns the address of the page with this secret part.
    pub(super) fn with(&self, secret_part: &str) -> Result<String, Failure> {
        let token = format!("{}.{secret_part}", self.shipment);
        self.address.with(&token).ok_or_else(no_person_page)
    }
}

/// Makes a link to the page for objections. It is valid when the secret is saved.
pub(super) fn objection(context: &Context, shipment: ShipmentId, secret: &mut PersonSecret) -> Result<String, Failure> {
    let page = Page { address: &context.settings.object_page, shipment };
    let part = new_secret_part(context);
    let link = page.with(&part)?;
    secret.add_objection(&part, end(context));
    Ok(link)
}

/// Makes a link to the page for the address. It is valid when the secret is saved.
pub(super) fn address(
    context: &Context,
    shipment: ShipmentId,
    secret: &mut PersonSecret,
    until: Timestamp,
) -> Result<String, Failure> {
    let page = Page { address: &context.settings.address_page, shipment };
    let part = new_secret_part(context);
    let link = page.with(&part)?;
    secret.add_address(&part, until);
    Ok(link)
}

fn end(context: &Context) -> Timestamp {
    context.now() + TimeDelta::days(context.settings.person_link_days.into())
}

/// Remembers the town to which an order is sent, sealed, until the person was told of it. Orders keep no address
/// otherwise.
///
/// A failure does not prevent the order: the mail then names the country only.
pub(crate) async fn remember_town(context: &Context, shipment: &Shipment, order: &Order) {
    if !shipment.awaits_mail(PersonMail::Ordered) {
        return;
    }
    let id = shipment.id();
    let address = &order.mailing_address;
    let town = format!("{}, {}", address.city, address.country_code_2);
    let stored = async {
        let mut loaded = Loaded::of(context, id).await?;
        loaded.secret.town = Some(town);
        loaded.save(context).await
    };
    if let Err(failure) = stored.await {
        tracing::warn!(shipment = %id, %failure, "could not store town of order; the mail to the person leaves it out");
    }
}
