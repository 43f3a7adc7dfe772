//! What is counted, and for whom.

use keyferry_domain::CallerId;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limited {
    /// Orders.
    Order,
    /// Users about whom a check of orders tells something.
    Check,
    /// PINs sent again to an unchanged addressee.
    Resend,
    /// PINs released against the usual rules.
    Release,
}

impl Limited {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Order => "orders",
            Self::Check => "checked orders",
            Self::Resend => "resends",
            Self::Release => "releases",
        }
    }
}

/// Whose count it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Caller(CallerId),
    /// Person as the order names it, in lower case.
    Person(String),
}

impl Subject {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Caller(_) => "caller",
            Self::Person(_) => "person",
        }
    }
}
