//! PINs on paper: a letter is printed on request, once.

use chrono::NaiveDate;
use keyferry_domain::{
    Common, DeliveryId, Failure, Operation, Party, Phase, PhaseName, Registered, SecretBytes, UserRef,
};

use super::keys::{Keys, planned};
use super::message::MessageClass;
use super::opened::ShownPin;
use super::release::{NotSent, Ready};
use super::release_rule::{Release, ReleaseRule, violated};
use crate::context::Context;
use crate::delivery;
use crate::failures::findings;

/// Content of a letter. Not `Debug`, so that it cannot be logged.
#[expect(missing_debug_implementations, reason = "it contains a PIN")]
pub struct PinLetter<'a> {
    /// Sender of the letter, if one is set.
    pub sender: Option<&'a str>,
    /// Date of the letter (UTC).
    pub date: NaiveDate,
    /// Name of the user of the keys in the directory, or as the order named the user.
    pub user_name: &'a str,
    /// Delivery service's id of the shipment.
    pub delivery_id: &'a DeliveryId,
    /// PIN of each key. Never empty.
    pub pins: &'a [ShownPin],
}

/// Makes the printed form of a letter, or returns what prevents it, for the caller. It must not keep the PIN.
pub type Printer = Box<dyn FnOnce(&PinLetter<'_>) -> Result<SecretBytes, String> + Send>;

impl<'a> Ready<'a> {
    /// Prepares to print the PINs of a shipment. Unlike a mail, a letter needs no mail address: if no rule finds an
    /// addressee, a caller may release the PINs with a reason.
    ///
    /// # Errors
    /// [`NotSent::Refused`] if rules forbid it, and the caller may not override them.
    pub(crate) async fn on_paper(
        context: &'a Context,
        registered: &'a Registered,
        (shipment, phase): (&'a Common, &Phase),
        class: &'a MessageClass,
        release: &Release,
    ) -> Result<Self, NotSent> {
        let status = delivery::status_of_registered(context, &registered.fulfilled.accepted.delivery_id).await?;
        let again = phase.name() == PhaseName::Complete || context.ledger.is_pin_sent(shipment.id());
        let ready = match Self::of_status(context, registered, shipment, status.clone(), again, class).await {
            Err(failure) if has_no_addressee(&failure) => {
                let keys = Keys {
                    context,
                    shipment,
                    hardware: &registered.fulfilled.keys,
                    secret: context.secret(shipment).await?,
                };
                let window = keys.secret.fixed_at().filter(|_| again);
                let mut rules = violated(&context.settings, &status, window, context.now());
                rules.insert(0, ReleaseRule::NoAddressee);
                Self { context, registered, class, status, keys, resolved: Vec::new(), again, rules }
            }
            ready => ready?,
        };
        ready.permitted(release)
    }

    /// Opens the PINs, and returns the printed letter. Nothing is closed yet.
    pub(crate) async fn letter(&self, print: Printer) -> Result<Result<SecretBytes, String>, Failure> {
        let pins = self.opened().await?;
        let [first, ..] = &pins[..] else {
            return Ok(Err("the identity provider sends the PINs of this shipment itself".to_owned()));
        };
        let planned = planned(self.keys.iter().next().map(|(key, _)| key).ok_or_else(|| no_key(&first.serial))?)?;
        let by_order = match &planned.user {
            UserRef::Upn(name) => name.clone(),
            other => other.to_string(),
        };
        let user_name = self.resolved.first().map_or(by_order.as_str(), |resolved| resolved.user_name.as_str());
        let delivery_id = &self.registered.fulfilled.accepted.delivery_id;
        let sender = self.context.settings.letter_sender.as_deref();
        let date = self.context.now().date_naive();
        Ok(print(&PinLetter { sender, date, user_name, delivery_id, pins: &pins }))
    }
}

fn no_key(serial: &str) -> Failure {
    findings::factory("wrong-key", &format!("the record has no key with serial number {serial}"))
}

/// Returns whether the rules for the addressee find none. A disabled account, or a directory that does not answer, is
/// something else.
fn has_no_addressee(failure: &Failure) -> bool {
    failure.party == Party::PinDelivery && failure.operation == Operation::ResolveAddressee
}
