//! PINs: resolution of the addressees, and delivery.

mod addressee;
mod message;
mod release;
mod rule;

pub(crate) use self::addressee::check_contacts;
pub(crate) use self::message::MessageClass;
pub(crate) use self::release::send;
pub use self::rule::AddresseeRule;
