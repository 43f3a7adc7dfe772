//! The person whom a key is for: mails about it, objections, and the address that the person gives.
//!
//! Who the person is, is fixed in a secret of the shipment with the first mail: whoever edits the record can direct
//! neither a mail nor a page to another person.

mod address;
mod asking;
mod links;
mod loss;
mod mailed;
mod mails;
mod objection;
mod page_error;
mod pass;
mod pause;
mod recipient;
mod secret;
mod settings;
mod waiting;

pub use self::address::{AddressError, AddressOffer, Addresses};
pub(crate) use self::links::remember_town;
pub(crate) use self::mails::{MailPass, is_wanted};
pub(crate) use self::objection::is_on_hold;
pub use self::objection::{ObjectionOffer, Objections};
pub use self::page_error::PersonPageError;
pub use self::pass::{PassOffer, PassPageError, PassPages, PassRefusal, PassRule, ShownPass};
pub(crate) use self::pass::{plan as plan_pass, remove as remove_pass};
pub(crate) use self::pause::MailPause;
pub use self::settings::{AddressRule, LanguageRule};
pub(crate) use self::settings::{mail_names, reminder_days};
pub(crate) use self::waiting::{attend, is_due};
