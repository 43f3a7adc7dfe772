//! Links to the page that shows PINs.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use keyferry_domain::ports::{LinkNotice, SecretName};
use keyferry_domain::{Common, Failure, PinLink, ShipmentId};

use super::addressee::Addressee;
use super::release::Ready;
use super::rule::PinRelease as Release;
use crate::ceremony::{PinSource, ProducedKey};
use crate::context::Context;
use crate::delivery;
use crate::failures::findings;
use crate::shipment_secret::PinRelease;

/// Length of the secret part of a link, in bytes.
const SECRET: usize = 32;

/// Link that was just made. It is stored nowhere. Not `Debug`, so that it cannot be logged.
pub(crate) struct NewLink {
    /// The link, as the record has it.
    pub(crate) link: PinLink,
    token: String,
}

/// Returns the secret part of a new link.
pub(crate) fn new_secret_part(context: &Context) -> String {
    let mut random = [0; SECRET];
    context.ports.entropy.fill(&mut random);
    URL_SAFE_NO_PAD.encode(random)
}

/// Returns the shipment and the secret part of a token.
pub(crate) fn parse(token: &str) -> Option<(ShipmentId, &str)> {
    let (id, secret) = token.split_once('.')?;
    Some((ShipmentId::parse(id)?, secret))
}

/// Returns the link of a shipment whose PINs wait on the page, if PINs are released there.
pub(crate) fn page_link(release: Release, link: Option<&PinLink>) -> Option<&PinLink> {
    link.filter(|link| release == Release::Page && link.is_open())
}

/// Closes the link of a shipment in its secret as well, so that no editor of the record can open it again. A failure
/// leaves it closed in the record.
pub(crate) async fn close_link(context: &Context, shipment: &Common) {
    if shipment.pin_link().is_none() {
        return;
    }
    if let Err(failure) = close_in_secret(context, shipment).await {
        let shipment = shipment.id();
        tracing::warn!(%shipment, %failure, "could not close link to PIN in secret; it is closed in the record");
    }
}

/// Closes the link of a shipment in its secret, if it is open there.
pub(crate) async fn close_in_secret(context: &Context, shipment: &Common) -> Result<(), Failure> {
    let secret = context.secret(shipment).await?;
    let Some(open) = secret.link().filter(|link| !link.is_used) else { return Ok(()) };
    let changed = secret.with_link(open.used()).map_err(|_| findings::secret_not_encoded())?;
    let name = SecretName::of(shipment.id());
    let replaced = context.ports.secrets.replace(&name, secret.stored(), changed.stored()).await;
    replaced.map_err(|error| findings::store(&error))
}

impl Ready<'_> {
    /// Returns whether the PINs are shown on a page. PINs that an identity provider sends are not.
    pub(crate) fn is_by_page(&self) -> Result<bool, Failure> {
        if self.context.settings.pin_release == Release::Mail {
            return Ok(false);
        }
        for (key, _) in self.keys.iter() {
            if matches!(self.context.ceremonies.of_key(key)?.pin(), PinSource::Connector(_)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes a link, and fixes in the secret for whom. The previous link is closed.
    pub(crate) async fn new_link(&mut self) -> Result<NewLink, Failure> {
        self.start_window().await?;
        let (context, shipment) = (self.context, self.keys.shipment.id());
        let secret = new_secret_part(context);
        let lifetime = TimeDelta::days(context.settings.pin_link_days.into());
        let link = PinLink::new(context.new_id(), context.now() + lifetime);
        let serials = self.keys.iter().map(|(_, hardware)| hardware.serial.to_string());
        let addressees: BTreeMap<String, Addressee> =
            serials.zip(self.resolved.iter().map(|resolved| resolved.addressee.clone())).collect();
        let despite_rules = !self.rules.is_empty();
        let release = PinRelease::new(link.id, &secret, link.expires_at, addressees, despite_rules);
        let changed = self.keys.secret.with_link(release).map_err(|_| findings::secret_not_encoded())?;
        let name = SecretName::of(shipment);
        let replaced = context.ports.secrets.replace(&name, self.keys.secret.stored(), changed.stored()).await;
        replaced.map_err(|error| findings::store(&error))?;
        self.keys.secret = changed;
        Ok(NewLink { link, token: format!("{shipment}.{secret}") })
    }

    /// Mails a link to the addressees. PINs that an identity provider sends are sent by it.
    pub(crate) async fn mail_link(&self, new: &NewLink) -> Result<(), Failure> {
        let context = self.context;
        let link = context.settings.pin_page.with(&new.token).ok_or_else(findings::no_pin_page)?;
        for (index, ((key, hardware), resolved)) in self.keys.iter().zip(&self.resolved).enumerate() {
            let item = delivery::item_of(&self.status, &hardware.serial)?;
            let (shipment, secret) = (self.keys.shipment, self.keys.secret.ceremony());
            let made = ProducedKey { shipment, key, hardware, item, secret, untried_until: None };
            if let PinSource::Provider(sender) = context.ceremonies.of_key(key)?.pin() {
                sender.send_pin(&made).await?;
                continue;
            }
            let notice = LinkNotice {
                shipment: self.keys.shipment.id(),
                delivery_id: &self.registered.fulfilled.accepted.delivery_id,
                user_name: &resolved.user_name,
                language: resolved.language,
                serial: &hardware.serial,
                link: &link,
                expires_at: new.link.expires_at,
                addressees: &resolved.addressee.addresses(self.keys.shipment),
                // Unlike attempts to send a PIN, no two links are the same message.
                message_id: &format!("{}.{index}.{}", self.keys.shipment.id(), new.link.id),
            };
            context.ports.pin_delivery.deliver_link(&notice).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_names_its_shipment() {
        let id = "0196f0a0-0000-7000-8000-00000000000a";
        let token = format!("{id}.abc");
        let (shipment, secret) = parse(&token).map(|(id, secret)| (id.to_string(), secret)).unwrap();
        assert_eq!((shipment.as_str(), secret), (id, "abc"));
        for bad in ["", ".", "abc", id, "x.y", &format!("{id}x.abc")] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
