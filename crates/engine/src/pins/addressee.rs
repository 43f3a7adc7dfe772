//! Resolution of the addressees of a PIN.

use keyferry_domain::ports::Addressing;
use keyferry_domain::{Common, Directory, DirectoryEntry, EmailAddress, Failure, FailureClass, Party, Person, UserRef};

use super::rule::AddresseeRule;
use crate::context::Context;
use crate::failures::findings;
use crate::settings::EngineSettings;

/// Checks that all contacts of an order are in an allowed domain and are not the user's own address.
///
/// # Errors
/// The first contact that is not allowed.
pub(crate) fn check_contacts<'a>(
    settings: &EngineSettings,
    contacts: &'a [EmailAddress],
    user: &UserRef,
) -> Result<(), &'a EmailAddress> {
    let allowed = |address: &EmailAddress| {
        settings.contact_domains.contains(&address.domain()) && !is_recipient(settings, address, user, None)
    };
    contacts.iter().find(|address| !allowed(address)).map_or(Ok(()), Err)
}

/// Returns whether the address is the user's own. Always `false` if the settings allow that the same person receives
/// key and PIN.
fn is_recipient(settings: &EngineSettings, address: &EmailAddress, user: &UserRef, person: Option<&Person>) -> bool {
    if settings.addressees.contains(&AddresseeRule::Recipient) {
        return false;
    }
    let same = |name: &str| name.to_lowercase() == address.as_str().to_lowercase();
    let by_name = matches!(user, UserRef::Upn(upn) if same(upn));
    by_name || person.and_then(|person| person.mail.as_ref()).is_some_and(|mail| same(mail.as_str()))
}

/// Resolves the addressees of PINs.
pub(super) struct Addressees<'a> {
    pub(super) context: &'a Context,
    /// Directory of the credential's identity provider.
    pub(super) directory: &'a dyn Directory,
}

impl Addressees<'_> {
    /// Returns the addressees of the shipment's PIN, and the user's name for the message.
    pub(super) async fn of(&self, shipment: &Common, user: &UserRef) -> Result<(Vec<EmailAddress>, String), Failure> {
        let settings = &self.context.settings;
        // Check again: the allowed domains may have changed since the order.
        if let Err(address) = check_contacts(settings, shipment.enrollment_contacts(), user) {
            let what = format!(
                "the order's contact {address} may not receive PINs: \
                 its domain is not allowed, or it is the user's own address"
            );
            return Err(findings::addressee("contact-not-allowed", what));
        }
        if self.context.ports.pin_delivery.addressing() == Addressing::ByTheOtherSide {
            let named = settings.addressees.contains(&AddresseeRule::Contacts);
            let contacts = if named { shipment.enrollment_contacts().to_vec() } else { Vec::new() };
            return Ok((contacts, user.to_string()));
        }
        let message = "the order has no contacts, and no other rule for the addressee is configured";
        let mut reason = findings::addressee("no-addressee", message.into());
        for rule in &settings.addressees {
            match self.by_rule(*rule, shipment, user).await {
                Ok((found, entry)) if !found.is_empty() => {
                    let person = match entry {
                        Some(entry) => Some(entry.person),
                        None => self.person(user).await?,
                    };
                    if let Some(own) =
                        found.iter().find(|address| is_recipient(settings, address, user, person.as_ref()))
                    {
                        let what = format!(
                            "the PIN would go to {own}, the user's own address, and the user also receives the key"
                        );
                        reason = findings::addressee("addressee-is-the-person", what);
                        continue;
                    }
                    let name = person.and_then(|person| person.display_name).unwrap_or_else(|| user.to_string());
                    return Ok((found, name));
                }
                Ok(_) => {}
                // Try the next rule only if this one has no addressee. If the directory is down, wait for it instead
                // of sending the PIN to another addressee.
                Err(failure) if failure.party == Party::PinDelivery => reason = failure,
                Err(failure) => return Err(failure),
            }
        }
        Err(reason)
    }

    /// Returns the addressees by this rule, and the directory entry from which they were read.
    async fn by_rule(
        &self,
        rule: AddresseeRule,
        shipment: &Common,
        user: &UserRef,
    ) -> Result<(Vec<EmailAddress>, Option<DirectoryEntry>), Failure> {
        match rule {
            AddresseeRule::Contacts => Ok((shipment.enrollment_contacts().to_vec(), None)),
            AddresseeRule::Recipient => match shipment.recipient_email() {
                Some(address) => Ok((vec![address.clone()], None)),
                None => Err(findings::addressee(
                    "no-recipient-mail",
                    "the order has no valid mail address of the recipient".into(),
                )),
            },
            AddresseeRule::Manager => {
                let entry = self.directory.entry(user, true).await?;
                let manager = entry.manager.as_ref().ok_or_else(|| {
                    findings::addressee(
                        "no-manager",
                        format!("user {user} has no manager in the directory, so the PIN has no addressee"),
                    )
                })?;
                match &manager.mail {
                    Some(address) => Ok((vec![address.clone()], Some(entry))),
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

    /// Reads the user from the directory. `None` if the app's permissions do not allow reading it.
    async fn person(&self, user: &UserRef) -> Result<Option<Person>, Failure> {
        match self.directory.entry(user, false).await {
            Ok(entry) => Ok(Some(entry.person)),
            Err(failure) if failure.class() == FailureClass::Forbidden => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
