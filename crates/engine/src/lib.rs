//! Order workflow: create orders, process shipments, deliver PINs, resend PINs, clean up; and the schedules for them.
//!
//! The engine depends only on ports: it contains no HTTP, no SQL and no vendor-specific code. It does not choose
//! adapters and does not read the environment: the program passes [`Ports`] and [`EngineSettings`].
//!
//! Its parts are [`orders`], [`processing`], [`operator`] and [`schedules`], which share one context. [`ceremony`]
//! implements the steps from an identity provider's creation options to a registered credential. `pins` resolves the
//! addressee of a PIN.
//!
//! Start reading at [`Engine`], then at `orders/create.rs` (a new order) and `processing/advance.rs` (an open
//! shipment).

mod activity;
mod breakers;
pub mod ceremony;
mod claim;
mod context;
mod delivery;
mod eligibility;
mod engine;
mod events;
pub mod failures;
mod lease;
mod metrics;
pub mod operator;
pub mod orders;
mod outages;
mod people;
mod person;
mod pins;
mod ports;
pub mod processing;
mod providers;
mod readiness;
mod reconciliation;
mod recovery;
mod report;
pub mod schedules;
pub mod settings;
mod shipment_secret;
mod stock;
mod views;
mod webhooks;
mod withdrawals;

pub use activity::{Activity, CleanUpRun, FinishedRun, LeaseView, ProcessingRun};
pub use ceremony::{CompromisedModels, DisplayName, MinimumFirmware};
pub use engine::Engine;
pub use events::{EventPage, EventType, Events, HistoryEvent, HistoryFilter, HistoryPage, Notice, NoticeData};
pub use lease::Duty;
pub use operator::{
    CancelError, LostKey, LostKeyError, NewKeyOrder, Offboarded, OffboardedShipment, Outcome, PrintError, ReplaceError,
    ResendError, ResolveError, ReturnKeyError, RevokeError, Revoked, WhichKey, Withdrawn,
};
pub use orders::{
    BatchError, BatchProgress, BatchShipments, BatchView, BatchWorker, Batches, CheckRow, Completion, CreateError,
    CreateRequest, Created, Dispatcher, Enqueued, GivenAddress, Listed, PinAddressee, Preflight, PreflightOptions,
    PreflightSession, QueueRequest, Recipient, Recipients, ResultRow, RowContents, Upload, UploadRow,
};
pub use people::{Listing, Passkey, People, PersonPasskeys, Standing};
pub use person::{
    AddressError, AddressOffer, AddressRule, Addresses, LanguageRule, ObjectionOffer, Objections, PassOffer,
    PassPageError, PassPages, PassRefusal, PassRule, PersonPageError, ShownPass,
};
pub use pins::{
    AddresseeRule, PageAddress, PinLetter, PinOffer, PinPageError, PinPages, PinRelease, Printer, RefusedContact,
    Release, ReleaseRule, ShownAfter, ShownPin,
};
pub use ports::Ports;
pub use processing::{Run, RunReport};
pub use providers::{Provider, Providers, Registration};
pub use readiness::{Problem, Readiness};
pub use reconciliation::{Compared, Difference, DifferenceKind, NotCompared, Position, Reconciliation, Slice, Whole};
pub use recovery::Continuity;
pub use report::{Durations, Figures, Report, ReportBy, ReportGroup};
pub use schedules::Schedule;
pub use settings::{EngineSettings, PrivilegedUsers};
pub use views::{ShipmentDetails, ShipmentView};
pub use webhooks::{NewWebhook, Replay, TestResult, WebhookChange, WebhookError, Webhooks, Worker as WebhookWorker};
