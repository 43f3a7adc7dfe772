//! Domain types of Keyferry, and the ports (traits) for external systems.
//!
//! This crate does no I/O, and does not read the clock or generate randomness: [`Clock`] and [`Entropy`] are ports as
//! well.
//!
//! It states what a shipment is and which transitions exist. It does not decide when a transition happens or what a
//! failure class means for a shipment (`keyferry-engine` does), and it contains no vendor's states, codes or limits
//! (the adapters do).
//!
//! Start reading at [`shipment`], the aggregate, and [`phase`], its phases. Then read [`ports`]. A store accepts only a
//! [`Change`], which a transition returns.

mod access_pass;
pub mod batch;
mod caller;
pub mod check;
pub mod credential;
pub mod event;
pub mod failure;
pub mod finding;
pub mod firmware;
pub mod id;
pub mod key;
mod lane;
mod language;
pub mod mail;
pub mod order;
pub mod passkey_policy;
pub mod phase;
pub mod pin;
pub mod ports;
pub mod secret;
pub mod shipment;
pub mod text;
pub mod user;
pub mod webhook;

pub use access_pass::{HeldPass, NewPass, PassText, UnexpectedPass};
pub use batch::{
    Batch, BatchAct, BatchActKind, BatchColumn, BatchRow, BatchState, BatchStateName, CheckRun, LONGEST_ROW_CHANGE,
    NewRow, RowChange, RowContent, RowCounts, RowFinding, RowMember, RowOrder, RowState, SendRun, WrongBatchState,
};
pub use caller::{ActingUser, Caller};
pub use check::{CheckCode, Member, OrderFinding, Severity};
pub use credential::{Aaguid, CreationOptions, HeldMethod, MethodDeletion, NewCredential, RegisteredMethod};
pub use event::{Actor, Event, EventKind, Note, StockLevel};
pub use failure::{Effect, Failure, FailureClass, FailureKind, FailureTable, Operation, Party, Rule, When};
pub use finding::{Finding, Outcome};
pub use firmware::{FirmwareExtension, FirmwareVersion};
pub use id::{BatchId, CallerId, CredentialId, DeliveryId, MessageId, ProviderId, SerialNumber, ShipmentId, WebhookId};
pub use key::{
    CredentialRequest, Hardware, Key, PlannedCredential, Product, RegisteredCredential, Revocation, Tracking,
};
pub use lane::Lane;
pub use language::Language;
pub use mail::{EmailAddress, InvalidEmailAddress};
pub use order::{
    AddressBy, AddressDraft, FilledOrder, MailingAddress, Order, OrderDraft, Profile, Recipient, RecipientDraft,
};
pub use passkey_policy::{ModelRule, PasskeyPolicy, PolicyTarget};
pub use phase::{
    Accepted, Cancellation, Cancelled, CancelledBy, Cancelling, Complete, CompletedBy, DeliveryState, Fulfilled, Phase,
    PhaseName, Queued, Refused, Registered, Submitting, Unconfirmed,
};
pub use pin::{Pin, PinLength, PinLengthOutOfRange};
pub use ports::{
    BatchStore, Clock, DeliveryService, Directory, Entropy, IdempotencyStore, IdentityProvider, Journal, LeaseStore,
    PinDelivery, SavedViewStore, Sealer, SecretStore, SessionStore, ShipmentStore, WebhookSender, WebhookStore,
};
pub use secret::SecretBytes;
pub use shipment::{
    AccessPass, AddressRequest, Change, Common, Dispatch, EventWrite, In, NewObstacle, Objection, Obstacle,
    ObstacleClass, OrderInfo, PersonMail, PersonSide, Phased, PinLink, Queueing, Replacement, Shipment, Submission,
    Term, UserKey, Withdrawal, WithdrawalCause, WithdrawalStep,
};
pub use user::{Account, DirectoryEntry, FoundUser, ObjectId, Person, UserHandle, UserRef};
pub use webhook::{Attempt, AttemptOutcome, Delivery, DeliveryStage, Webhook, WebhookOrigin, WebhookState};

/// An instant in UTC.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// Returns the time for messages: ISO 8601 in UTC, in whole seconds.
pub fn time_text(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
