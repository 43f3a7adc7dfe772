//! Ports: the traits through which the engine calls external systems.

mod batches;
mod catalogue;
mod claim;
mod delivery_service;
mod identity;
mod journal;
mod pin_delivery;
mod query;
mod record;
mod sealer;
mod self_check;
mod sessions;
mod store;
mod system;
mod views;
mod webhooks;

pub use batches::{BatchStore, MOST_ROWS, RowFilter, StoredBatch};
pub use catalogue::{AddressVerdict, Country, Inventory, OfferedProduct};
pub use claim::{CLOCK_TOLERANCE, Claim, ClaimChange, is_held};
pub use delivery_service::{
    Deletion, DeliveredItem, DeliveryService, DeliveryStatus, ListedOrder, ListedOrders, OrderToPlace, PlacedOrder,
    Progress,
};
pub use identity::{Directory, IdentityProvider};
pub use journal::{Acceptance, Journal, JournalContent, JournalEntry};
pub use pin_delivery::{
    Addressing, LinkNotice, LossNews, NextKey, PassNews, PersonNews, PersonNotice, PinDelivery, PinNotice,
    ReleaseNotice, Told,
};
pub use query::{Counts, DayRange, Range, ShipmentFilter, ShipmentSort, Summary, TimeRange};
pub use record::{RecordColumns, SummaryColumns};
pub use sealer::{OpenedCredential, OpenedPin, Preparation, PreparedOrder, SealedKey, Sealer};
pub use self_check::{CheckRequest, SelfCheck, check_records, check_secrets};
pub use sessions::{SessionKey, SessionStore, WebSession};
pub use store::{
    CURSOR, Cursor, EventChain, EventCursor, EventFilter, IdempotencyRecord, IdempotencyStore, LeaseStore, OpenCounts,
    Page, REPAIR, RecordedEvent, Reservation, SecretName, SecretStore, ShipmentStore, StoreError, Stored, Version,
};
pub use system::{Clock, Entropy};
pub use views::{SavedView, SavedViewStore};
pub use webhooks::{ATTEMPT_TIMEOUT, MAX_ENQUEUED, StoredWebhook, WebhookMessage, WebhookSender, WebhookStore};
