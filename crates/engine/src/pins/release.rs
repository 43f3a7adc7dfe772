//! Delivery of a shipment's PINs.

use chrono::TimeDelta;
use keyferry_domain::ports::{Addressing, DeliveryStatus, OpenedPin, PinNotice, ReleaseNotice, Told};
use keyferry_domain::{
    Common, EmailAddress, Failure, Hardware, Key, Operation, Phase, PhaseName, PinLink, Registered, SerialNumber,
    Timestamp,
};

use super::addressee::Addressee;
use super::addressees::Resolved;
use super::keys::{Keys, planned};
use super::message::MessageClass;
use super::release_rule::{Release, ReleaseRule, violated};
use crate::ceremony::{PinOpener, PinSource, ProducedKey};
use crate::context::Context;
use crate::delivery;
use crate::failures::findings;
use crate::failures::person::objected;

/// Time for which a check of the user name remains valid.
const USER_CHECK_VALID: TimeDelta = TimeDelta::minutes(10);

/// Returns whether the user name was checked shortly before `now`. A time in the future proves nothing.
fn is_shortly_after(checked: Timestamp, now: Timestamp) -> bool {
    (checked..checked + USER_CHECK_VALID).contains(&now)
}

/// Reason why a PIN was not sent.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// Fetching, opening or sending failed.
    Failed(Failure),
    /// These rules forbid the release.
    Refused(Vec<ReleaseRule>),
}

impl From<Failure> for NotSent {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Sent PINs, for the history.
pub(crate) struct Sent {
    /// Addressees.
    pub(crate) to: String,
    /// Whether the previous addressees were told, if there are any.
    pub(crate) told: Option<&'static str>,
}

/// What was handed over for the first time.
pub(crate) enum HandedOver {
    /// The PINs, to these addressees.
    Pins(String),
    /// A link to the PINs, to these addressees.
    Link(PinLink, String),
}

/// Delivers the PIN of each key, or a link to it, for the first time.
pub(crate) async fn send(context: &Context, registered: &Registered, shipment: &Common) -> Result<HandedOver, Failure> {
    let status = delivery::status_of_registered(context, &registered.fulfilled.accepted.delivery_id).await?;
    // After a failed delivery, only an operator may send the PIN: the operator knows where the key is.
    delivery::reject_failed(&status)?;
    let class = &MessageClass::Automatic;
    let ready = Ready::of_status(context, registered, shipment, status, false, class).await?;
    match ready.permitted(&Release::default()) {
        Ok(ready) if ready.is_by_page()? => {
            let mut ready = ready;
            let new = ready.new_link().await?;
            ready.mail_link(&new).await?;
            Ok(HandedOver::Link(new.link, ready.addressees()))
        }
        Ok(ready) => Ok(HandedOver::Pins(ready.send().await?.to)),
        Err(NotSent::Failed(failure)) => Err(failure),
        Err(NotSent::Refused(rules)) => Err(findings::release_refused(&rules)),
    }
}

/// PINs that are ready to be sent: their addressees are determined, and no PIN is fetched or opened.
pub(crate) struct Ready<'a> {
    pub(super) context: &'a Context,
    pub(super) registered: &'a Registered,
    pub(super) class: &'a MessageClass,
    pub(super) status: DeliveryStatus,
    pub(super) keys: Keys<'a>,
    pub(super) resolved: Vec<Resolved>,
    /// Whether the PINs were sent before.
    pub(super) again: bool,
    /// Rules that a release violates.
    pub(super) rules: Vec<ReleaseRule>,
}

impl<'a> Ready<'a> {
    /// Prepares to send the PINs of a shipment again.
    ///
    /// # Errors
    /// [`NotSent::Refused`] if rules forbid it, and the caller may not override them.
    pub(crate) async fn again(
        context: &'a Context,
        registered: &'a Registered,
        (shipment, phase): (&'a Common, &Phase),
        class: &'a MessageClass,
        release: &Release,
    ) -> Result<Self, NotSent> {
        let status = delivery::status_of_registered(context, &registered.fulfilled.accepted.delivery_id).await?;
        // The journal is asked as well, because an editor of the record can set the phase back.
        let sent = phase.name() == PhaseName::Complete || context.ledger.is_pin_sent(shipment.id());
        Self::of_status(context, registered, shipment, status, sent, class).await?.permitted(release)
    }

    /// Reads what is needed, fixes the addressees if they are not, and compares them.
    pub(super) async fn of_status(
        context: &'a Context,
        registered: &'a Registered,
        shipment: &'a Common,
        status: DeliveryStatus,
        again: bool,
        class: &'a MessageClass,
    ) -> Result<Self, Failure> {
        let secret = context.secret(shipment).await?;
        let mut keys = Keys { context, shipment, hardware: &registered.fulfilled.keys, secret };
        if shipment.objection().is_some() {
            return Err(objected());
        }
        // The manager is looked up by user name, so the name must still belong to the same user. Registration checks
        // this as well, so the check is skipped shortly after it.
        let is_checked = keys.secret.fixed_at().is_some_and(|at| is_shortly_after(at, context.now()));
        for (key, hardware) in keys.iter() {
            delivery::item_of(&status, &hardware.serial)?;
            if !is_checked {
                context.ceremonies.of_key(key)?.check_user(planned(key)?, Operation::DeliverPin).await?;
            }
        }
        // Resolve the addressees first, so that no PIN is in memory during calls to the directory.
        let resolved = keys.resolve().await?;
        let window = keys.secret.fixed_at().filter(|_| again);
        let mut rules = violated(&context.settings, &status, window, context.now());
        match keys.fixed()? {
            Some(fixed) if resolved.iter().zip(&fixed).any(|(current, fixed)| !current.addressee.is_same(fixed)) => {
                rules.insert(0, ReleaseRule::AddresseeChanged);
            }
            Some(_) => {}
            // Whoever is the addressee today need not be the one who got the PIN.
            None if again => rules.insert(0, ReleaseRule::AddresseeUnknown),
            None => keys.fix(resolved.iter().map(|resolved| resolved.addressee.clone()).collect()).await?,
        }
        Ok(Self { context, registered, class, status, keys, resolved, again, rules })
    }

    pub(super) fn permitted(self, release: &Release) -> Result<Self, NotSent> {
        match self.rules.is_empty() || release.is_override() {
            true => Ok(self),
            false => Err(NotSent::Refused(self.rules)),
        }
    }

    /// Returns the rules that the caller overrides.
    pub(crate) fn overridden(&self) -> &[ReleaseRule] {
        &self.rules
    }

    /// Returns the addressees for the history.
    pub(crate) fn addressees(&self) -> String {
        let addressees = self.resolved.iter().map(|resolved| resolved.addressee.described(self.keys.shipment));
        addressees.collect::<Vec<_>>().join("; ")
    }

    pub(crate) async fn start_window(&mut self) -> Result<(), Failure> {
        if self.again { Ok(()) } else { self.keys.start_window().await }
    }

    /// Tells the previous addressees, and sends the PIN of each key.
    pub(crate) async fn send(mut self) -> Result<Sent, Failure> {
        self.start_window().await?;
        let told = self.tell_previous().await?;
        let mut went_to = Vec::new();
        for (index, ((key, hardware), resolved)) in self.keys.iter().zip(&self.resolved).enumerate() {
            let message_id = self.class.id(self.keys.shipment.id(), index);
            went_to.push(self.send_one(key, hardware, resolved, &message_id).await?);
        }
        Ok(Sent { to: went_to.join("; "), told })
    }

    async fn send_one(
        &self,
        key: &Key,
        hardware: &Hardware,
        resolved: &Resolved,
        message_id: &str,
    ) -> Result<String, Failure> {
        let item = delivery::item_of(&self.status, &hardware.serial)?;
        let secret = self.keys.secret.ceremony();
        let shipment = self.keys.shipment;
        let made = ProducedKey { shipment, key, hardware, item, secret, untried_until: None };
        match self.context.ceremonies.of_key(key)?.pin() {
            PinSource::Provider(sender) => sender.send_pin(&made).await,
            PinSource::Connector(opener) => self.open_and_send(opener, &made, resolved, message_id).await,
        }
    }

    /// Opens the PIN of a key.
    pub(super) async fn open(&self, opener: &dyn PinOpener, made: &ProducedKey<'_>) -> Result<OpenedPin, Failure> {
        let serial = &made.hardware.serial;
        let envelope = made.item.pin_response.as_deref().ok_or_else(|| findings::pin_missing(serial))?;
        let opened = opener.open_pin(made, envelope).await?;
        if opened.serial != *serial {
            // Do not show the serial number from the response: a wrong response may have the PIN in its place.
            return Err(findings::factory("wrong-key", &format!("the PIN response is for another key than {serial}")));
        }
        Ok(opened)
    }

    async fn open_and_send(
        &self,
        opener: &dyn PinOpener,
        made: &ProducedKey<'_>,
        resolved: &Resolved,
        message_id: &str,
    ) -> Result<String, Failure> {
        let serial = &made.hardware.serial;
        let opened = self.open(opener, made).await?;
        // Of the addressees, the other side takes only contacts from Keyferry.
        let by_other_side = self.context.ports.pin_delivery.addressing() == Addressing::ByTheOtherSide;
        let addressee = match &resolved.addressee {
            Addressee::Manager { .. } if by_other_side => &Addressee::Elsewhere,
            addressee => addressee,
        };
        let notice = PinNotice {
            shipment: self.keys.shipment.id(),
            delivery_id: &self.registered.fulfilled.accepted.delivery_id,
            user: &planned(made.key)?.pinned_user(),
            user_name: &resolved.user_name,
            language: resolved.language,
            serial,
            pin: &opened.pin,
            change_on_first_use: opened.change_on_first_use,
            addressees: &addressee.addresses(self.keys.shipment),
            message_id,
        };
        self.context.ports.pin_delivery.deliver(&notice).await?;
        Ok(addressee.described(self.keys.shipment))
    }

    /// Tells the fixed addressees that the PINs go to another person. A failure does not prevent the release, which is
    /// recorded in the history.
    pub(crate) async fn tell_previous(&self) -> Result<Option<&'static str>, Failure> {
        let Some(fixed) = self.keys.fixed()? else { return Ok(None) };
        let mut told = None;
        for (((_, hardware), resolved), fixed) in self.keys.iter().zip(&self.resolved).zip(fixed) {
            let current = resolved.addressee.addresses(self.keys.shipment);
            let mut previous = fixed.addresses(self.keys.shipment);
            previous.retain(|address| !current.contains(address));
            if !resolved.addressee.is_same(fixed) && !previous.is_empty() {
                told = Some(self.tell(&previous, &resolved.user_name, &hardware.serial).await);
            }
        }
        Ok(told)
    }

    async fn tell(&self, addressees: &[EmailAddress], user_name: &str, serial: &SerialNumber) -> &'static str {
        let message_id = format!("{}.released", self.context.new_id());
        let notice = ReleaseNotice {
            shipment: self.keys.shipment.id(),
            delivery_id: &self.registered.fulfilled.accepted.delivery_id,
            user_name,
            // Who they are is not known any more.
            language: self.context.settings.mail_language.of(None),
            serial,
            addressees,
            message_id: &message_id,
        };
        let (shipment, remedy) = (notice.shipment, "tell the previous addressee that the PIN goes to another person");
        match self.context.ports.pin_delivery.tell_released(&notice).await {
            Ok(Told::Sent) => return "the previous addressee was told",
            Ok(Told::NotPossible) => {
                tracing::warn!(%shipment, remedy, "cannot mail previous addressee of released PIN");
            }
            Err(failure) => {
                tracing::warn!(%shipment, %failure, remedy, "could not mail previous addressee of released PIN");
            }
        }
        "the previous addressee was not told"
    }
}
