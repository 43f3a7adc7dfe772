//! Parameters of the list's address.

/// Parameter of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Parameter {
    Kind,
    Actor,
    Shipment,
    From,
    To,
    Before,
}

impl Parameter {
    pub(crate) const ALL: [Self; 6] = [Self::Kind, Self::Actor, Self::Shipment, Self::From, Self::To, Self::Before];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Actor => "actor",
            Self::Shipment => "shipment",
            Self::From => "from",
            Self::To => "to",
            Self::Before => "before",
        }
    }

    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Kind => "accepted",
            Self::Actor => "grace.hopper",
            Self::Shipment => "8gYnYQk5vVqYzKqY1p2xTQ",
            Self::From => "2026-11-01",
            Self::To => "2026-12-01",
            Self::Before => "",
        }
    }
}
