//! Tables that classify the failures of one party.

use super::class::FailureClass;
use super::parts::{FailureKind, Operation, Party};

/// Rules that classify the failures of one party. The first matching rule applies.
#[derive(Debug)]
pub struct FailureTable {
    party: Party,
    rules: &'static [Rule],
}

/// Condition of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Any failure.
    Anything,
    /// A response with this status.
    Status(u16),
    /// A response with status 500 or above.
    ServerError,
    /// No complete response: unreachable, timed out or connection lost.
    NoAnswer,
    /// No connection, so nothing was sent.
    Unreachable,
    /// A response that does not match its documentation.
    InvalidResponse,
    /// This error code, of the other side or of Keyferry.
    Code(&'static str),
}

/// Classification of matching failures.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Operation to which the rule applies. `None` for any operation.
    pub operation: Option<Operation>,
    /// Condition that the failure must fulfil.
    pub when: When,
    /// Class of a matching failure.
    pub class: FailureClass,
    /// Meaning of the failure and the next step, for operators.
    pub remedy: &'static str,
}

impl Rule {
    /// Creates a rule for any operation.
    pub const fn new(when: When, class: FailureClass, remedy: &'static str) -> Self {
        Self { operation: None, when, class, remedy }
    }

    /// Restricts the rule to one operation.
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
    /// Creates a table. The checks run at compile time.
    ///
    /// # Panics
    /// If the table is empty, if its last rule does not match every failure, or if another rule does.
    #[expect(clippy::panic, reason = "tables are constants, so the panic is a compile error")]
    pub const fn new(party: Party, rules: &'static [Rule]) -> Self {
        let mut at = 0;
        while at < rules.len() {
            if rules[at].matches_all() != (at + 1 == rules.len()) {
                panic!("only the last rule of a table must match every failure");
            }
            at += 1;
        }
        if rules.is_empty() {
            panic!("a table must have at least one rule");
        }
        Self { party, rules }
    }

    /// Returns the party whose failures the table classifies.
    pub const fn party(&self) -> Party {
        self.party
    }

    /// Returns the rules in the order in which they are tried.
    pub const fn rules(&self) -> &'static [Rule] {
        self.rules
    }

    /// Returns the first matching rule.
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
            | (Self::InvalidResponse, FailureKind::InvalidResponse) => true,
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
    fn condition_matches_only_its_failures() {
        let answered = |status| FailureKind::Answered { status, code: Some("x".into()) };
        let kinds = [
            answered(400),
            answered(500),
            FailureKind::Unreachable,
            FailureKind::TimedOut,
            FailureKind::ConnectionLost,
            FailureKind::InvalidResponse,
            FailureKind::Found("y"),
        ];
        for (when, expected) in [
            (When::Anything, [true; 7]),
            (When::Status(400), [true, false, false, false, false, false, false]),
            (When::ServerError, [false, true, false, false, false, false, false]),
            (When::NoAnswer, [false, false, true, true, true, false, false]),
            (When::Unreachable, [false, false, true, false, false, false, false]),
            (When::InvalidResponse, [false, false, false, false, false, true, false]),
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
    fn first_matching_rule_applies() {
        let refused = FailureKind::Answered { status: 400, code: None };
        let remedy = |operation, kind: &FailureKind| TABLE.rule_for(operation, kind).remedy;
        assert_eq!(remedy(Operation::Register, &refused), "at register");
        assert_eq!(remedy(Operation::FindMethod, &refused), "elsewhere");
        assert_eq!(remedy(Operation::Register, &FailureKind::TimedOut), "the rest");
    }

    #[test]
    fn rejects_table_without_single_catch_all_rule() {
        for rules in [&RULES[..2], &RULES[2..2]] {
            assert!(std::panic::catch_unwind(|| FailureTable::new(Party::Store, rules)).is_err());
        }
        const HIDING: &[Rule] = &[RULES[2], RULES[2]];
        assert!(std::panic::catch_unwind(|| FailureTable::new(Party::Store, HIDING)).is_err());
    }
}
