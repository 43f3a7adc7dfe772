//! Conditions of a list of shipments: the query parameters of `GET /v1/shipments`.

/// Parameter of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    Phase,
    Obstacle,
    Code,
    User,
    Serial,
    Tracking,
    Reference,
    Batch,
    Product,
    Country,
    CreatedFrom,
    CreatedTo,
    UpdatedFrom,
    UpdatedTo,
    DeadlineFrom,
    DeadlineTo,
    NeededFrom,
    NeededTo,
    NeedsHuman,
    AwaitsAddress,
    Sort,
    Cursor,
}

impl Field {
    pub(crate) const ALL: [Self; 22] = [
        Self::Phase,
        Self::Obstacle,
        Self::Code,
        Self::User,
        Self::Serial,
        Self::Tracking,
        Self::Reference,
        Self::Batch,
        Self::Product,
        Self::Country,
        Self::CreatedFrom,
        Self::CreatedTo,
        Self::UpdatedFrom,
        Self::UpdatedTo,
        Self::DeadlineFrom,
        Self::DeadlineTo,
        Self::NeededFrom,
        Self::NeededTo,
        Self::NeedsHuman,
        Self::AwaitsAddress,
        Self::Sort,
        Self::Cursor,
    ];

    /// Returns the name of the parameter.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Phase => "phase",
            Self::Obstacle => "obstacle",
            Self::Code => "code",
            Self::User => "user",
            Self::Serial => "serial",
            Self::Tracking => "tracking",
            Self::Reference => "reference",
            Self::Batch => "batch",
            Self::Product => "product",
            Self::Country => "country",
            Self::CreatedFrom => "created_from",
            Self::CreatedTo => "created_to",
            Self::UpdatedFrom => "updated_from",
            Self::UpdatedTo => "updated_to",
            Self::DeadlineFrom => "deadline_from",
            Self::DeadlineTo => "deadline_to",
            Self::NeededFrom => "needed_from",
            Self::NeededTo => "needed_to",
            Self::NeedsHuman => "needs_human",
            Self::AwaitsAddress => "awaits_address",
            Self::Sort => "sort",
            Self::Cursor => "cursor",
        }
    }

    /// Returns an example of a value.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Phase => "accepted",
            Self::Obstacle => "attention",
            Self::Code => "no-manager",
            Self::User => "adele@contoso.example",
            Self::Serial => "20123456",
            Self::Tracking => "794953535000",
            Self::Reference => "REQ0010042",
            Self::Batch => "019a0000-0000-7000-8000-0000000000b1",
            Self::Product => "1",
            Self::Country => "US",
            Self::CreatedFrom | Self::UpdatedFrom | Self::DeadlineFrom | Self::NeededFrom => "2026-11-01",
            Self::CreatedTo | Self::UpdatedTo | Self::DeadlineTo | Self::NeededTo => "2026-12-01",
            Self::NeedsHuman | Self::AwaitsAddress => "true",
            Self::Sort => "newest",
            Self::Cursor => "",
        }
    }

    /// Returns the parameter with this name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Returns whether several values, separated by commas, are possible.
    pub(crate) fn is_list(self) -> bool {
        matches!(self, Self::Phase | Self::Obstacle | Self::Code)
    }
}

/// Returns the names of the parameters of a list, without `cursor`.
pub fn parameters() -> impl Iterator<Item = &'static str> {
    Field::ALL.into_iter().filter(|field| *field != Field::Cursor).map(Field::name)
}
