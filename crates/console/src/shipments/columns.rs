//! Columns of the list.

use std::collections::BTreeSet;

/// Column of the list, beside the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    State,
    Serial,
    Tracking,
    Reference,
    Created,
    Deadline,
    Updated,
    NextAttempt,
    NeededBy,
    NotBefore,
    Country,
    Product,
    Batch,
    Code,
    Id,
    DeliveryId,
}

impl Column {
    pub(crate) const ALL: [Self; 16] = [
        Self::State,
        Self::Serial,
        Self::Tracking,
        Self::Reference,
        Self::Created,
        Self::Deadline,
        Self::Updated,
        Self::NextAttempt,
        Self::NeededBy,
        Self::NotBefore,
        Self::Country,
        Self::Product,
        Self::Batch,
        Self::Code,
        Self::Id,
        Self::DeliveryId,
    ];

    const USUAL: [Self; 6] =
        [Self::State, Self::Serial, Self::Tracking, Self::Reference, Self::Created, Self::Deadline];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Serial => "serial",
            Self::Tracking => "tracking",
            Self::Reference => "reference",
            Self::Created => "created",
            Self::Deadline => "deadline",
            Self::Updated => "updated",
            Self::NextAttempt => "next_attempt",
            Self::NeededBy => "needed_by",
            Self::NotBefore => "not_before",
            Self::Country => "country",
            Self::Product => "product",
            Self::Batch => "batch",
            Self::Code => "code",
            Self::Id => "id",
            Self::DeliveryId => "delivery_id",
        }
    }
}

/// The columns that a user chose, in the order of [`Column::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns(BTreeSet<Column>);

impl Default for Columns {
    fn default() -> Self {
        Self(Column::USUAL.into())
    }
}

impl Columns {
    /// Returns the columns with these names, or the usual ones if there is none.
    pub(super) fn read(names: &[String]) -> Self {
        let chosen: BTreeSet<_> =
            Column::ALL.into_iter().filter(|column| names.iter().any(|name| name == column.name())).collect();
        if chosen.is_empty() { Self::default() } else { Self(chosen) }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Column> {
        self.0.iter().copied()
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.0.contains(&column)
    }

    /// Returns the value of the address, unless the columns are the usual ones.
    pub(super) fn written(&self) -> Option<String> {
        let names: Vec<_> = self.all().map(Column::name).collect();
        (*self != Self::default()).then(|| names.join(","))
    }
}
