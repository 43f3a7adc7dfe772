//! Whom a PIN goes to.

use keyferry_domain::ports::Addressing;
use keyferry_domain::{Common, Directory, EmailAddress, Failure, FailureClass, Party, Person, UserRef};

use super::rule::AddresseeRule;
use crate::context::Context;
use crate::failures::findings;
use crate::settings::EngineSettings;

/// Contacts of an order that its domains allow and that are not the person themselves; the first other one
/// otherwise.
pub(crate) fn check_contacts<'a>(
    settings: &EngineSettings,
    contacts: &'a [EmailAddress],
    user: &UserRef,
) -> Result<(), &'a EmailAddress> {
    let allowed = |address: &EmailAddress| {
        settings.contact_domains.contains(&address.domain()) && !is_the_person(settings, address, user, None)
    };
    contacts.iter().find(|address| !allowed(address)).map_or(Ok(()), Err)
}

/// Key and PIN come into one hand only where the administrator opted in.
fn is_the_person(settings: &EngineSettings, address: &EmailAddress, user: &UserRef, person: Option<&Person>) -> bool {
    if settings.addressees.contains(&AddresseeRule::Recipient) {
        return false;
    }
    let same = |name: &str| name.to_lowercase() == address.as_str().to_lowercase();
    let by_name = matches!(user, UserRef::Upn(upn) if same(upn));
    by_name || person.and_then(|person| person.mail.as_ref()).is_some_and(|mail| same(mail.as_str()))
}

/// Finds the addressees of PINs.
pub(super) struct Addressees<'a> {
    pub(super) context: &'a Context,
    /// Of the identity provider that the credential belongs to.
    pub(super) directory: &'a dyn Directory,
}

impl Addressees<'_> {
    /// The addressees of the shipment's PIN, and the person's name for the message.
    pub(super) async fn of(&self, shipment: &Common, user: &UserRef) -> Result<(Vec<EmailAddress>, String), Failure> {
        let settings = &self.context.settings;
        // Checked again here: the list may have become shorter since the order.
        if let Err(address) = check_contacts(settings, shipment.enrollment_contacts(), user) {
            let what = format!(
                "the order's contact {address} may not get PINs: its domain is not allowed, or it is the person's own address"
            );
            return Err(findings::addressee("contact-not-allowed", what));
        }
        if self.context.ports.pin_delivery.addressing() == Addressing::ByTheOtherSide {
            let named = settings.addressees.contains(&AddresseeRule::Contacts);
            let contacts = if named { shipment.enrollment_contacts().to_vec() } else { Vec::new() };
            return Ok((contacts, user.to_string()));
        }
        let why_not = "the order names no contact, and no other rule for the addressee is configured";
        let mut why_not = findings::addressee("no-addressee", why_not.into());
        for rule in &settings.addressees {
            match self.by_rule(*rule, shipment, user).await {
                Ok(found) if !found.is_empty() => {
                    let person = self.person(user).await?;
                    if let Some(own) =
                        found.iter().find(|address| is_the_person(settings, address, user, person.as_ref()))
                    {
                        let what =
                            format!("the PIN would go to {own}, the person's own address, together with the key");
                        why_not = findings::addressee("addressee-is-the-person", what);
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
                None => Err(findings::addressee(
                    "no-recipient-mail",
                    "the order has no valid mail address of the recipient".into(),
                )),
            },
            AddresseeRule::Manager => {
                let manager = self.directory.manager(user).await?;
                let manager = manager.ok_or_else(|| {
                    findings::addressee(
                        "no-manager",
                        format!("the user {user} has no manager in the directory to send the PIN to"),
                    )
                })?;
                match manager.mail {
                    Some(address) => Ok(vec![address]),
                    None => Err(findings::addressee(
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
        match self.directory.person(user).await {
            Ok(person) => Ok(Some(person)),
            Err(failure) if failure.class() == FailureClass::Forbidden => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
