//! Whom a PIN goes to.

use keyferry_domain::ports::Addressing;
use keyferry_domain::{Common, EmailAddress, Failure, FailureKind, Operation, Party, Person, UserRef};
use serde::{Deserialize, Serialize};

use crate::Engine;

/// One way to find an addressee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddresseeRule {
    /// The order's `enrollment_contacts`.
    Contacts,
    /// The user's manager, as the directory knows them.
    Manager,
    /// The address the order gave for the recipient. For administrators who accept that key and PIN go to one person.
    Recipient,
}

impl Engine {
    /// Contacts of an order that its domains allow and that are not the person themselves; the first other one
    /// otherwise.
    pub(crate) fn check_contacts<'a>(
        &self,
        contacts: &'a [EmailAddress],
        user: &UserRef,
    ) -> Result<(), &'a EmailAddress> {
        let allowed = |address: &EmailAddress| {
            self.settings.contact_domains.contains(&address.domain()) && !self.is_the_person(address, user, None)
        };
        contacts.iter().find(|address| !allowed(address)).map_or(Ok(()), Err)
    }

    /// Key and PIN come into one hand only where the administrator opted in.
    fn is_the_person(&self, address: &EmailAddress, user: &UserRef, person: Option<&Person>) -> bool {
        if self.settings.addressees.contains(&AddresseeRule::Recipient) {
            return false;
        }
        let same = |name: &str| name.to_lowercase() == address.as_str().to_lowercase();
        let by_name = matches!(user, UserRef::Upn(upn) if same(upn));
        by_name || person.and_then(|person| person.mail.as_ref()).is_some_and(|mail| same(mail.as_str()))
    }

    /// The addressees of the shipment's PIN, and the person's name for the message.
    pub(crate) async fn addressees(
        &self,
        shipment: &Common,
        user: &UserRef,
    ) -> Result<(Vec<EmailAddress>, String), Failure> {
        // Checked again here: the list may have become shorter since the order.
        if let Err(address) = self.check_contacts(shipment.enrollment_contacts(), user) {
            let what = format!(
                "the order's contact {address} may not get PINs: its domain is not allowed, or it is the person's own address"
            );
            return Err(nobody("contact-not-allowed", what));
        }
        if self.ports.pin_delivery.addressing() == Addressing::ByTheOtherSide {
            let named = self.settings.addressees.contains(&AddresseeRule::Contacts);
            let contacts = if named { shipment.enrollment_contacts().to_vec() } else { Vec::new() };
            return Ok((contacts, user.to_string()));
        }
        let why_not = "the order names no contact, and no other rule for the addressee is configured";
        let mut why_not = nobody("no-addressee", why_not.into());
        for rule in &self.settings.addressees {
            match self.by_rule(*rule, shipment, user).await {
                Ok(found) if !found.is_empty() => {
                    let person = self.person(user).await?;
                    if let Some(own) = found.iter().find(|address| self.is_the_person(address, user, person.as_ref())) {
                        let what =
                            format!("the PIN would go to {own}, the person's own address, together with the key");
                        why_not = nobody("addressee-is-the-person", what);
                        continue;
                    }
                    let name = person.and_then(|person| person.display_name).unwrap_or_else(|| user.to_string());
                    return Ok((found, name));
                }
                Ok(_) => {}
                // Only what a person must mend leads to the next rule: a directory that is down is no reason to
                // send a PIN to somebody else.
                Err(failure) if failure.party == Party::PinDelivery => why_not = failure,
                Err(failure) => return Err(failure),
            }
        }
        Err(why_not)
    }

    async fn by_rule(
        &self,
        rule: AddresseeRule,
        shipment: &Common,
        user: &UserRef,
    ) -> Result<Vec<EmailAddress>, Failure> {
        match rule {
            AddresseeRule::Contacts => Ok(shipment.enrollment_contacts().to_vec()),
            AddresseeRule::Recipient => match shipment.recipient_email() {
                Some(address) => Ok(vec![address.clone()]),
                None => Err(nobody("no-recipient-mail", "the order has no valid mail address of the recipient".into())),
            },
            AddresseeRule::Manager => {
                let manager = self.ports.directory.manager(user).await?;
                let manager = manager.ok_or_else(|| {
                    nobody("no-manager", format!("the user {user} has no manager in the directory to send the PIN to"))
                })?;
                match manager.mail {
                    Some(address) => Ok(vec![address]),
                    None => Err(nobody(
                        "manager-without-mail",
                        format!(
                            "the manager of {user} ({}) has no mail address in the directory",
                            manager.display_name.as_deref().unwrap_or("without a name")
                        ),
                    )),
                }
            }
        }
    }

    /// The person as the directory knows them; `None` without the permission to read it.
    async fn person(&self, user: &UserRef) -> Result<Option<Person>, Failure> {
        match self.ports.directory.person(user).await {
            Ok(person) => Ok(Some(person)),
            Err(failure) if failure.status() == Some(403) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

fn nobody(code: &'static str, message: String) -> Failure {
    Failure::new(Party::PinDelivery, Operation::ResolveAddressee, FailureKind::Found(code), message)
}
