//! Who gives the address of an order.

use serde::{Deserialize, Serialize};

/// Who gives the address of an order, as the order itself states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressBy {
    /// The caller. The address is part of the order, or is filled from the directory.
    Caller,
    /// The person whom the key is for. The order leaves the address out.
    Person,
}

impl AddressBy {
    /// All values.
    pub const ALL: [Self; 2] = [Self::Caller, Self::Person];

    /// Returns the name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Person => "person",
        }
    }

    /// Finds a value by its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == name)
    }
}
