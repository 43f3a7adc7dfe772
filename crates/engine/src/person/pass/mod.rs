//! Temporary access pass for a person whose key was lost.
//!
//! The report fixes person and addressee in a secret of the shipment: whoever edits the record can direct a pass to
//! nobody else. The identity provider makes the pass when its addressee asks to see it, and it is stored nowhere.

mod addressee;
mod mail;
mod offer;
mod page;
mod plan;
mod remove;
mod rule;

pub(super) use self::mail::send;
pub use self::offer::{PassOffer, PassPageError, ShownPass};
pub use self::page::PassPages;
pub use self::plan::PassRefusal;
pub(crate) use self::plan::plan;
pub(crate) use self::remove::remove;
pub use self::rule::PassRule;
