//! Whom a PIN goes to.

use keyferry_domain::ports::Addressing;
use keyferry_domain::{EmailAddress, Failure, FailureKind, Operation, Party, Shipment, UserRef};
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
    /// Contacts of an order that its domains allow; the first forbidden one otherwise.
    pub(crate) fn check_contacts<'a>(&self, contacts: &'a [EmailAddress]) -> Result<(), &'a EmailAddress> {
        let allowed = |address: &EmailAddress| self.settings.contact_domains.contains(&address.domain());
        contacts.iter().find(|address| !allowed(address)).map_or(Ok(()), Err)
    }

    /// The addressees of the shipment's PIN, and the person's name for the message.
    pub(crate) async fn addressees(
        &self,
        shipment: &Shipment,
        user: &UserRef,
    ) -> Result<(Vec<EmailAddress>, String), Failure> {
        // Checked again here: the list may have become shorter since the order.
        if let Err(address) = self.check_contacts(&shipment.enrollment_contacts) {
            return Err(nobody(
                "contact-not-allowed",
                format!("the order's contact {address} does not belong to an allowed domain"),
            ));
        }
        if self.ports.pin_delivery.addressing() == Addressing::ByTheOtherSide {
            return Ok((shipment.enrollment_contacts.clone(), user.to_string()));
        }
        let mut why_not = nobody("no-rule", "no rule for the addressee of the PIN is configured".into());
        for rule in &self.settings.addressees {
            match self.by_rule(*rule, shipment, user).await {
                Ok(found) if !found.is_empty() => return Ok((found, self.name_of(user).await?)),
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
        shipment: &Shipment,
        user: &UserRef,
    ) -> Result<Vec<EmailAddress>, Failure> {
        match rule {
            AddresseeRule::Contacts => Ok(shipment.enrollment_contacts.clone()),
            AddresseeRule::Recipient => match &shipment.recipient_email {
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

    /// The person's name for the message. Without the permission to read it, the name the caller used must do.
    async fn name_of(&self, user: &UserRef) -> Result<String, Failure> {
        let name = match self.ports.directory.person(user).await {
            Ok(person) => person.display_name,
            Err(failure) if failure.status() == Some(403) => None,
            Err(failure) => return Err(failure),
        };
        Ok(name.unwrap_or_else(|| user.to_string()))
    }
}

fn nobody(code: &'static str, message: String) -> Failure {
    Failure::new(Party::PinDelivery, Operation::ResolveAddressee, FailureKind::Found(code), message)
}
