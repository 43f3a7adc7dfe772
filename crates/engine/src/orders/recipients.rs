//! Look-up of recipients in the directory, for whoever enters an order by hand.

use std::sync::Arc;

use keyferry_domain::{EmailAddress, Failure, FailureClass, FoundUser, ObjectId, Profile, UserRef};

use crate::context::Context;
use crate::pins::{Addressee, Addressees, OrderAddresses};

/// Most users that a search returns.
const MOST: usize = 8;

/// Fewest characters that are searched: with fewer, the result would be any eight users.
const LEAST: usize = 2;

/// User in the directory, for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Object id. `None` if the directory did not return it.
    pub id: Option<ObjectId>,
    /// Display name.
    pub display_name: Option<String>,
    /// Mail address.
    pub mail: Option<EmailAddress>,
    /// Name, telephone number and postal address. `None` if the connector may not read them.
    pub profile: Option<Profile>,
}

/// Where the PIN of an order will go, as things are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinAddressee {
    /// To the contacts of the order.
    Contacts(Vec<EmailAddress>),
    /// To the manager.
    Manager(EmailAddress),
    /// To the recipient.
    Recipient(Option<EmailAddress>),
    /// The other side of the PIN delivery determines the addressee.
    Elsewhere,
}

/// Looks up recipients. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Recipients(Arc<Context>);

impl Recipients {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Returns up to 8 users one of whose names starts with the text. None for a text of one character.
    ///
    /// # Errors
    /// The failure of the call.
    pub async fn search(&self, text: &str) -> Result<Vec<FoundUser>, Failure> {
        let text = text.trim();
        if text.chars().count() < LEAST {
            return Ok(Vec::new());
        }
        self.0.directory(self.0.ports.providers.default_id())?.search(text, MOST).await
    }

    /// Returns a user.
    ///
    /// # Errors
    /// The failure of a call.
    pub async fn get(&self, user: &UserRef) -> Result<Recipient, Failure> {
        let directory = self.0.directory(self.0.ports.providers.default_id())?;
        let person = directory.entry(user, false).await?.person;
        let profile = match directory.profile(user).await {
            Ok(profile) => Some(profile).filter(|profile| person.id.is_none_or(|id| id == profile.id)),
            Err(failure) if failure.class() == FailureClass::Forbidden => None,
            Err(failure) => return Err(failure),
        };
        Ok(Recipient { id: person.id, display_name: person.display_name, mail: person.mail, profile })
    }

    /// Returns where the PIN of an order will go. It is decided again when the key is registered.
    ///
    /// # Errors
    /// The failure of a call, or the reason why there is no addressee.
    pub async fn pin_addressee(
        &self,
        user: &UserRef,
        contacts: &[EmailAddress],
        recipient: Option<&EmailAddress>,
    ) -> Result<PinAddressee, Failure> {
        let directory = self.0.directory(self.0.ports.providers.default_id())?;
        let order = OrderAddresses { contacts, recipient };
        let resolved =
            Addressees { context: &self.0, directory, refuses_disabled: false }.of(order, user, user).await?;
        Ok(match resolved.into_addressee() {
            Addressee::Contacts => PinAddressee::Contacts(contacts.to_vec()),
            Addressee::Manager { mail, .. } => PinAddressee::Manager(mail),
            Addressee::Recipient => PinAddressee::Recipient(recipient.cloned()),
            Addressee::Elsewhere => PinAddressee::Elsewhere,
        })
    }
}
