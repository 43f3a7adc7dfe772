//! What the judge found.

use std::fmt;

use keyferry_domain::ShipmentId;

/// What must never happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// An accepted order is lost, or an order never reaches an end or a human's list.
    Lost,
    /// An order was placed twice, or calls are repeated without a bound.
    Doubled,
    /// A key is registered for another person, or shown as complete although it cannot be used.
    Misbound,
    /// A PIN went to anyone but its addressee, or before its time.
    Seen,
    /// A failure is not visible to anyone, an event is missing, or a count is wrong.
    Silent,
}

impl Harm {
    /// All harms, in the order of the last line.
    pub const ALL: [Self; 5] = [Self::Lost, Self::Doubled, Self::Misbound, Self::Seen, Self::Silent];

    /// Returns the word in the last line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Misbound => "misbound",
            Self::Seen => "seen",
            Self::Silent => "silent",
        }
    }
}

/// One occurrence of something that must never happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// Kind of harm.
    pub harm: Harm,
    /// Shipment that it concerns, if it is one.
    pub shipment: Option<ShipmentId>,
    /// What the books contain, in one sentence.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.harm.as_str(), self.text)
    }
}

/// Numbers of occurrences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented at each harm")]
pub struct Verdict {
    pub lost: u64,
    pub doubled: u64,
    pub misbound: u64,
    pub seen: u64,
    pub silent: u64,
}

impl Verdict {
    /// Counts an occurrence.
    pub fn add(&mut self, harm: Harm) {
        *self.number(harm) += 1;
    }

    /// Adds the numbers of another run.
    pub fn merge(&mut self, other: Self) {
        for (harm, number) in Harm::ALL.into_iter().zip(other.numbers()) {
            *self.number(harm) += number;
        }
    }

    /// Returns whether nothing happened.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    fn number(&mut self, harm: Harm) -> &mut u64 {
        match harm {
            Harm::Lost => &mut self.lost,
            Harm::Doubled => &mut self.doubled,
            Harm::Misbound => &mut self.misbound,
            Harm::Seen => &mut self.seen,
            Harm::Silent => &mut self.silent,
        }
    }

    fn numbers(self) -> [u64; 5] {
        [self.lost, self.doubled, self.misbound, self.seen, self.silent]
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> =
            Harm::ALL.iter().zip(self.numbers()).map(|(harm, number)| format!("{} {number}", harm.as_str())).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_prints_in_the_promised_order() {
        let mut verdict = Verdict::default();
        assert!(verdict.is_clean());
        verdict.add(Harm::Misbound);
        verdict.merge(verdict);
        assert_eq!(verdict.to_string(), "lost 0 doubled 0 misbound 2 seen 0 silent 0");
        assert!(!verdict.is_clean());
    }
}
