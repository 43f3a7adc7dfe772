//! The person whom a key is for: mails about it, and objections.
//!
//! Who the person is, is fixed in a secret of the shipment with the first mail: whoever edits the record can direct
//! neither a mail nor a page to another person.

mod links;
mod mails;
mod objection;
mod page_error;
mod pause;
mod recipient;
mod secret;
mod settings;

pub(crate) use self::links::remember_town;
pub(crate) use self::mails::{MailPass, attend, is_due};
pub(crate) use self::objection::is_on_hold;
pub use self::objection::{ObjectionOffer, Objections};
pub use self::page_error::PersonPageError;
pub(crate) use self::pause::MailPause;
pub use self::settings::AddressBy;
pub(crate) use self::settings::{mails, reminder_days};
