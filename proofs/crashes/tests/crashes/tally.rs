//! Counts the outcomes of orders, except those that the test arranges to be refused or lost.

use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// A parcel; key registered and PIN delivered without an operator.
    pub(crate) complete: usize,
    /// The order's answer was lost; an operator found the parcel and resolved the shipment as adopted.
    pub(crate) adopted: usize,
    /// The order's answer was lost and nothing was ordered; an operator cancelled the shipment.
    pub(crate) nothing_found: usize,
    /// Nothing was ordered, and the caller got that answer.
    pub(crate) not_ordered: usize,
    /// Repeated PIN mails under the same message id.
    pub(crate) repeated_mails: usize,
    /// PINs resent on demand.
    pub(crate) resent: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.complete += other.complete;
        self.adopted += other.adopted;
        self.nothing_found += other.nothing_found;
        self.not_ordered += other.not_ordered;
        self.repeated_mails += other.repeated_mails;
        self.resent += other.resent;
    }
}
