//! Decides from the books of the outside parties whether something happened that must never happen.

mod verdict;

pub use self::verdict::{Finding, Harm, Verdict};
