//! What failures of one party mean, as the one who asks it knows.

use super::class::FailureClass;
use super::parts::{FailureKind, Operation, Party};

/// What failures of one party mean. Rules are tried in order and the first that matches counts.
#[derive(Debug)]
pub struct FailureTable {
    party: Party,
    rules: &'static [Rule],
}

/// What a failure must look like for a rule to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Anything.
    Anything,
    /// This status.
    Status(u16),
    /// Any status of 500 and above.
    ServerError,
    /// No answer: unreachable, timed out or broken off.
    NoAnswer,
    /// No connection came about, so nothing was sent.
    Unreachable,
    /// An answer that could not be understood.
    NotUnderstood,
    /// This code, of the other side or our own.
    Code(&'static str),
}

/// What a failure means.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// At what it failed; `None` for anything.
    pub operation: Option<Operation>,
    /// How.
    pub when: When,
    /// What kind of failure that is.
    pub class: FailureClass,
    /// What it means and what to do next, for operators.
    pub remedy: &'static str,
}

impl Rule {
    /// A rule for any operation.
    pub const fn new(when: When, class: FailureClass, remedy: &'static str) -> Self {
        Self { operation: None, when, class, remedy }
    }

    /// The same for one operation only.
    #[must_use]
    pub const fn at(self, operation: Operation) -> Self {
        Self { operation: Some(operation), ..self }
    }

    const fn matches_all(&self) -> bool {
        self.operation.is_none() && matches!(self.when, When::Anything)
    }

    fn matches(&self, operation: Operation, kind: &FailureKind) -> bool {
        self.operation.is_none_or(|only| only == operation) && self.when.matches(kind)
    }
}

impl FailureTable {
    /// A table, checked when the program is compiled.
    ///
    /// # Panics
    /// Unless the last rule, and no other, matches every failure.
    #[expect(clippy::panic, reason = "tables are constants: it is the compiler that stops")]
    pub const fn new(party: Party, rules: &'static [Rule]) -> Self {
        let mut at = 0;
        while at < rules.len() {
            if rules[at].matches_all() != (at + 1 == rules.len()) {
                panic!("the last rule of a table must match everything, and no other may");
            }
            at += 1;
        }
        if rules.is_empty() {
            panic!("a table must have a rule");
        }
        Self { party, rules }
    }

    /// Whose failures they are.
    pub const fn party(&self) -> Party {
        self.party
    }

    /// The rules in the order in which they are tried.
    pub const fn rules(&self) -> &'static [Rule] {
        self.rules
    }

    /// The rule that matches.
    pub(super) fn rule_for(&self, operation: Operation, kind: &FailureKind) -> &'static Rule {
        let last = self.rules.len() - 1;
        self.rules.iter().find(|rule| rule.matches(operation, kind)).unwrap_or(&self.rules[last])
    }
}

impl When {
    fn matches(self, kind: &FailureKind) -> bool {
        match (self, kind) {
            (Self::Anything, _)
            | (Self::NoAnswer, FailureKind::Unreachable | FailureKind::TimedOut | FailureKind::ConnectionLost)
            | (Self::Unreachable, FailureKind::Unreachable)
            | (Self::NotUnderstood, FailureKind::NotUnderstood) => true,
            (Self::Status(wanted), FailureKind::Answered { status, .. }) => *status == wanted,
            (Self::ServerError, FailureKind::Answered { status, .. }) => *status >= 500,
            (Self::Code(wanted), FailureKind::Answered { code, .. }) => code.as_deref() == Some(wanted),
            (Self::Code(wanted), FailureKind::Found(code)) => *code == wanted,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_matches_its_failures_and_no_other() {
        let answered = |status| FailureKind::Answered { status, code: Some("x".into()) };
        let kinds = [
            answered(400),
            answered(500),
            FailureKind::Unreachable,
            FailureKind::TimedOut,
            FailureKind::ConnectionLost,
            FailureKind::NotUnderstood,
            FailureKind::Found("y"),
        ];
        for (when, expected) in [
            (When::Anything, [true; 7]),
            (When::Status(400), [true, false, false, false, false, false, false]),
            (When::ServerError, [false, true, false, false, false, false, false]),
            (When::NoAnswer, [false, false, true, true, true, false, false]),
            (When::Unreachable, [false, false, true, false, false, false, false]),
            (When::NotUnderstood, [false, false, false, false, false, true, false]),
            (When::Code("x"), [true, true, false, false, false, false, false]),
            (When::Code("y"), [false, false, false, false, false, false, true]),
        ] {
            assert_eq!(kinds.each_ref().map(|kind| when.matches(kind)), expected, "{when:?}");
        }
    }

    const RULES: &[Rule] = &[
        Rule::new(When::Status(400), FailureClass::Rejected, "at register").at(Operation::Register),
        Rule::new(When::Status(400), FailureClass::Misconfigured, "elsewhere"),
        Rule::new(When::Anything, FailureClass::Unexpected, "the rest"),
    ];
    const TABLE: FailureTable = FailureTable::new(Party::IdentityProvider, RULES);

    #[test]
    fn the_first_rule_that_matches_counts() {
        let refused = FailureKind::Answered { status: 400, code: None };
        let remedy = |operation, kind: &FailureKind| TABLE.rule_for(operation, kind).remedy;
        assert_eq!(remedy(Operation::Register, &refused), "at register");
        assert_eq!(remedy(Operation::FindMethod, &refused), "elsewhere");
        assert_eq!(remedy(Operation::Register, &FailureKind::TimedOut), "the rest");
    }

    #[test]
    fn a_table_without_a_last_rule_for_everything_is_refused() {
        for rules in [&RULES[..2], &RULES[2..2]] {
            assert!(std::panic::catch_unwind(|| FailureTable::new(Party::Store, rules)).is_err());
        }
        const HIDING: &[Rule] = &[RULES[2], RULES[2]];
        assert!(std::panic::catch_unwind(|| FailureTable::new(Party::Store, HIDING)).is_err());
    }
}
