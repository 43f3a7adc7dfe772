//! Resolution of the addressees of PINs.

use keyferry_domain::ports::Addressing;
use keyferry_domain::{Directory, DirectoryEntry, Failure, FailureClass, Language, Operation, Party, Person, UserRef};

use super::addressee::{Addressee, OrderAddresses};
use super::own_address::{OwnAddresses, check_contacts};
use super::rule::AddresseeRule;
use crate::context::Context;
use crate::failures::findings;

/// Current addressee of a PIN.
pub(crate) struct Resolved {
    /// The addressee.
    pub(super) addressee: Addressee,
    /// Name of the user for the message.
    pub(super) user_name: String,
    /// Language of the addressee.
    pub(super) language: Language,
    /// Whether the addressee is a manager whose account is disabled.
    is_disabled: bool,
}

impl Resolved {
    /// Returns an addressee that Keyferry does not know.
    pub(super) fn elsewhere(user_name: String) -> Self {
        let (addressee, language) = (Addressee::Elsewhere, Language::default());
        Self { addressee, user_name, language, is_disabled: false }
    }

    /// Returns whether the addressee is a manager whose account is disabled, as far as the directory returned it.
    pub(crate) fn is_disabled(&self) -> bool {
        self.is_disabled
    }

    /// Returns the addressee.
    pub(crate) fn into_addressee(self) -> Addressee {
        self.addressee
    }
}

/// Resolves the addressees of PINs.
pub(crate) struct Addressees<'a> {
    pub(crate) context: &'a Context,
    /// Directory of the credential's identity provider.
    pub(crate) directory: &'a dyn Directory,
    /// Whether a disabled account of the user or of the manager is a failure. It costs no call: the directory returns
    /// it with the user. What it does not return is no failure.
    pub(crate) refuses_disabled: bool,
}

impl Addressees<'_> {
    /// Returns the current addressee of an order's PIN.
    pub(crate) async fn of(
        &self,
        order: OrderAddresses<'_>,
        user: &UserRef,
        named: &UserRef,
    ) -> Result<Resolved, Failure> {
        let settings = &self.context.settings;
        let own = OwnAddresses::of(named);
        // Check again: the allowed domains may have changed since the order.
        if let Err(refused) = check_contacts(settings, order.contacts, &own) {
            return Err(findings::addressee("contact-not-allowed", format!("the order's {refused}")));
        }
        let by_other_side = self.context.ports.pin_delivery.addressing() == Addressing::ByTheOtherSide;
        let message = "the order has no contacts, and no other rule for the addressee is configured";
        let mut reason = findings::addressee("no-addressee", message.into());
        // Of an addressee that would get the PIN, but must not.
        let mut refused = None;
        for rule in &settings.addressees {
            match self.by_rule(*rule, order, user).await {
                // The other side sends to the manager or to the contacts only.
                Ok(Some((Addressee::Recipient, _))) if by_other_side => {}
                Ok(Some((addressee, entry))) => {
                    let manager = entry.as_ref().and_then(|entry| entry.manager.as_ref());
                    let is_disabled = manager.is_some_and(|manager| manager.enabled == Some(false));
                    let of_manager = manager.and_then(|manager| manager.language);
                    let person = match entry {
                        Some(entry) => Some(entry.person),
                        None => person(self.directory, user).await?,
                    };
                    if let Some(person) = &person {
                        self.check_enabled(person, user)?;
                    }
                    let own = person.iter().fold(own.clone(), OwnAddresses::with_person);
                    if is_disabled && self.refuses_disabled {
                        let what = format!("the account of the manager of {user} is disabled");
                        refused = refused.or(Some(findings::addressee("manager-disabled", what)));
                        continue;
                    }
                    let addresses = addressee.addresses(order);
                    if let Some(own) = addresses.iter().find(|address| own.contains(settings, address)) {
                        let what = format!(
                            "the PIN would go to {own}, the user's own address, and the user also receives the key"
                        );
                        let is_own = findings::addressee("addressee-is-the-person", what);
                        match addressee {
                            // Whoever ordered chose this address.
                            Addressee::Contacts => return Err(is_own),
                            _ => refused = refused.or(Some(is_own)),
                        }
                        continue;
                    }
                    let known = match addressee {
                        Addressee::Manager { .. } => of_manager,
                        Addressee::Recipient => person.as_ref().and_then(|person| person.language),
                        Addressee::Contacts | Addressee::Elsewhere => None,
                    };
                    let language = settings.mail_language.of(known);
                    let user_name = person.and_then(|person| person.display_name).unwrap_or_else(|| user.to_string());
                    return Ok(Resolved { addressee, user_name, language, is_disabled });
                }
                Ok(None) => {}
                // Try the next rule only if this one has no addressee. If the directory is down, wait for it instead
                // of sending the PIN to another addressee.
                Err(failure) if failure.party == Party::PinDelivery => reason = failure,
                // The other side has its own permission to read the manager.
                Err(failure) if by_other_side && failure.class() == FailureClass::Forbidden => {}
                Err(failure) => return Err(failure),
            }
        }
        match refused {
            Some(refused) => Err(refused),
            None if by_other_side => Ok(Resolved::elsewhere(user.to_string())),
            None => Err(reason),
        }
    }

    fn check_enabled(&self, person: &Person, user: &UserRef) -> Result<(), Failure> {
        match person.enabled {
            Some(false) if self.refuses_disabled => {
                let message = format!("the account of {user} is disabled");
                Err(findings::identity(Operation::ResolveAddressee, findings::ACCOUNT_DISABLED, message))
            }
            _ => Ok(()),
        }
    }

    /// Returns the addressee by this rule, and the directory entry from which it was read. `None` if the order has no
    /// contacts.
    async fn by_rule(
        &self,
        rule: AddresseeRule,
        order: OrderAddresses<'_>,
        user: &UserRef,
    ) -> Result<Option<(Addressee, Option<DirectoryEntry>)>, Failure> {
        match rule {
            AddresseeRule::Contacts if order.contacts.is_empty() => Ok(None),
            AddresseeRule::Contacts => Ok(Some((Addressee::Contacts, None))),
            AddresseeRule::Recipient => match order.recipient {
                Some(_) => Ok(Some((Addressee::Recipient, None))),
                None => Err(findings::addressee(
                    "no-recipient-mail",
                    "the order has no valid mail address of the recipient".into(),
                )),
            },
            AddresseeRule::Manager => {
                let entry = entry_of(self.directory, user, true).await?;
                self.check_enabled(&entry.person, user)?;
                let manager = entry.manager.as_ref().ok_or_else(|| {
                    findings::addressee(
                        "no-manager",
                        format!("user {user} has no manager in the directory, so the PIN has no addressee"),
                    )
                })?;
                match &manager.mail {
                    Some(mail) => {
                        let addressee = Addressee::Manager { id: manager.id, mail: mail.clone() };
                        Ok(Some((addressee, Some(entry))))
                    }
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
}

/// Returns all addresses of the user that are known or in the directory.
pub(crate) async fn own_addresses(directory: &dyn Directory, user: &UserRef) -> Result<OwnAddresses, Failure> {
    Ok(person(directory, user).await?.iter().fold(OwnAddresses::of(user), OwnAddresses::with_person))
}

/// Reads the user from the directory. `None` if the app's permissions do not allow reading it.
async fn person(directory: &dyn Directory, user: &UserRef) -> Result<Option<Person>, Failure> {
    match entry_of(directory, user, false).await {
        Ok(entry) => Ok(Some(entry.person)),
        Err(failure) if failure.class() == FailureClass::Forbidden => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Reads the directory entry of a user. An adapter compares it with what it requested, and this does so once more: the
/// entry decides who sees a PIN, and an answer that is wrong in the same way twice would be the addressee's twice.
async fn entry_of(directory: &dyn Directory, user: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure> {
    let entry = directory.entry(user, with_manager).await?;
    match (user, entry.person.id) {
        (UserRef::ObjectId(asked), Some(found)) if *asked != found => {
            let failure = findings::entry_of_another_user(user);
            let remedy = failure.remedy();
            tracing::error!(%failure, remedy, "directory returned the answer to another call");
            Err(failure)
        }
        _ => Ok(entry),
    }
}
