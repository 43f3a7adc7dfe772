//! Addresses of the user who receives the key. The PIN must not go to any of them.

use std::fmt;

use keyferry_domain::{EmailAddress, Person, UserRef};

use super::rule::AddresseeRule;
use crate::settings::EngineSettings;

/// Reason why a contact of an order may not receive the PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusedContact {
    /// The domain of the address is not allowed.
    Domain(EmailAddress),
    /// The address is one of the user's own, and the user also receives the key.
    OwnAddress(EmailAddress),
}

impl fmt::Display for RefusedContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(contact) => write!(f, "contact {contact} may not receive PINs: its domain is not allowed"),
            Self::OwnAddress(contact) => write!(
                f,
                "contact {contact} may not receive the PIN: it is one of the user's own addresses, and the user also \
                 receives the key"
            ),
        }
    }
}

/// Checks that all contacts of an order are in an allowed domain, and that none is the address of this user.
///
/// # Errors
/// The first contact that is not allowed.
pub(crate) fn check_contacts(
    settings: &EngineSettings,
    contacts: &[EmailAddress],
    own: &OwnAddresses,
) -> Result<(), RefusedContact> {
    for contact in contacts {
        if !settings.contact_domains.contains(&contact.domain()) {
            return Err(RefusedContact::Domain(contact.clone()));
        }
        if own.contains(settings, contact) {
            return Err(RefusedContact::OwnAddress(contact.clone()));
        }
    }
    Ok(())
}

/// Known addresses and user names of one user.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnAddresses(Vec<String>);

impl OwnAddresses {
    /// Returns what is known from the reference of the caller.
    pub(crate) fn of(user: &UserRef) -> Self {
        match user {
            UserRef::Upn(name) => Self::default().with(name),
            UserRef::ObjectId(_) => Self::default(),
        }
    }

    /// Adds an address or a user name.
    pub(crate) fn with(mut self, address: &str) -> Self {
        self.0.push(canonical(address));
        self
    }

    /// Adds the addresses in the directory.
    pub(super) fn with_person(self, person: &Person) -> Self {
        let addresses = person.mail.iter().map(EmailAddress::as_str).chain(person.aliases.iter().map(String::as_str));
        addresses.fold(self, Self::with)
    }

    /// Returns whether the address is one of these. Always `false` if the settings allow that the same person receives
    /// key and PIN.
    pub(super) fn contains(&self, settings: &EngineSettings, address: &EmailAddress) -> bool {
        !settings.addressees.contains(&AddresseeRule::Recipient) && self.0.contains(&canonical(address.as_str()))
    }
}

/// Returns the address without the tag after a plus sign, in lower case. Mail to `ada+keys@contoso.example` reaches
/// `ada@contoso.example` (RFC 5233).
fn canonical(address: &str) -> String {
    let address = address.trim().to_lowercase();
    match address.rsplit_once('@') {
        Some((local, domain)) => match local.split_once('+') {
            Some((mailbox, _)) if !mailbox.is_empty() => format!("{mailbox}@{domain}"),
            _ => address,
        },
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_mailbox_are_equal() {
        for (address, mailbox) in [
            ("Ada@Contoso.example", "ada@contoso.example"),
            ("ada+keys@contoso.example", "ada@contoso.example"),
            ("ada+a+b@contoso.example", "ada@contoso.example"),
            ("+a@contoso.example", "+a@contoso.example"),
            (" ada@contoso.example ", "ada@contoso.example"),
            ("ada+keys", "ada+keys"),
        ] {
            assert_eq!(canonical(address), mailbox);
        }
        assert_ne!(canonical("ada.l@contoso.example"), canonical("adal@contoso.example"));
    }
}
