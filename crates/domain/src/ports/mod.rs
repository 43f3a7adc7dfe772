//! What the engine needs of the outside.

mod delivery;
mod fulfilment;
mod identity;
mod record;
mod store;
mod system;

pub use delivery::{Addressing, PinDelivery, PinNotice};
pub use fulfilment::{
    FulfilledItem, Fulfilment, FulfilmentStatus, OpenedCredential, OpenedPin, OrderToPlace, PlacedOrder, Preparation,
    PreparedOrder, SealedKey,
};
pub use identity::{Directory, IdentityProvider};
pub use record::RecordColumns;
pub use store::{
    Claim, Cursor, IdempotencyRecord, IdempotencyStore, LeaseStore, Page, Reservation, SecretName, SecretStore,
    ShipmentStore, StoreError, Stored, Version,
};
pub use system::{Clock, Entropy};
