//! Decides from the books of the outside parties whether something happened that must never happen.
//!
//! [`Court`] looks after every call at what it changed. `Court::sweep` compares all books, once a simulated day,
//! and at the end.

mod book;
mod court;
mod noticed;
mod pins;
mod receivers;
mod sweep;
mod verdict;

pub use self::book::Book;
pub use self::court::Court;
pub use self::noticed::{Hidden, Noticed};
pub(crate) use self::sweep::is_over;
pub use self::verdict::{Finding, Harm, Verdict};
