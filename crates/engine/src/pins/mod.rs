//! PINs: resolution of the addressees, release rules, and delivery.

mod addressee;
mod addressees;
mod keys;
mod letter;
mod link;
mod message;
mod opened;
mod own_address;
mod page;
mod release;
mod release_rule;
mod rule;
mod viewer;

pub(crate) use self::addressee::{Addressee, OrderAddresses};
pub(crate) use self::addressees::{Addressees, own_addresses};
pub(crate) use self::keys::Fixing;
pub use self::letter::{PinLetter, Printer};
pub(crate) use self::link::{close_in_secret, close_link, new_secret_part, page_link, parse as parse_token};
pub(crate) use self::message::MessageClass;
pub use self::opened::ShownPin;
pub use self::own_address::RefusedContact;
pub(crate) use self::own_address::{OwnAddresses, check_contacts};
pub use self::page::{PinOffer, PinPageError, PinPages};
pub(crate) use self::release::{HandedOver, NotSent, Ready, Sent, send};
pub(crate) use self::release_rule::is_window_over;
pub use self::release_rule::{Release, ReleaseRule};
pub use self::rule::{AddresseeRule, PageAddress, PinRelease, ShownAfter};
