//! What the engine needs of the outside.

mod delivery;
mod fulfilment;
mod identity;
mod query;
mod record;
mod store;
mod system;

pub use delivery::{Addressing, PinDelivery, PinNotice};
pub use fulfilment::{
    FulfilledItem, Fulfilment, FulfilmentStatus, OpenedCredential, OpenedPin, OrderToPlace, OutsideLimits, PlacedOrder,
    Preparation, PreparedOrder, Progress, SealedKey,
};
pub use identity::{Directory, IdentityProvider};
pub use query::{Counts, ShipmentFilter, ShipmentSort, Summary, TimeRange};
pub use record::{RecordColumns, SummaryColumns};
pub use store::{
    Claim, Cursor, EventCursor, IdempotencyRecord, IdempotencyStore, LeaseStore, Page, RecordedEvent, Reservation,
    SecretName, SecretStore, ShipmentStore, StoreError, Stored, Version,
};
pub use system::{Clock, Entropy};
