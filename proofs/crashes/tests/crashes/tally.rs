//! What became of orders, but for those that were meant to be refused or lost.

use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// A parcel, and all by itself its key registered and its PIN handed over.
    pub(crate) complete: usize,
    /// The same once a person had found the parcel and said so: the order's answer was lost.
    pub(crate) adopted: usize,
    /// Unconfirmed, and nothing had been ordered: a person settled it.
    pub(crate) nothing_found: usize,
    /// Nothing was ordered, and nothing is left to do.
    pub(crate) not_ordered: usize,
    /// PIN mails that came once more, under the same message id.
    pub(crate) repeated_mails: usize,
    /// PINs that a person asked for again.
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
