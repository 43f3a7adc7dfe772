//! Bodies of requests and responses. `docs/reference/openapi.json` describes their members.
#![expect(missing_docs, reason = "the OpenAPI document describes the members, and a test compares both")]

mod action;
mod batch;
mod catalogue;
mod event;
mod person;
mod reconciliation;
mod report;
mod shipment;
mod webhook;
mod withdrawal;
mod word;

pub use action::{Act, Acted, Adopt, PrintPin, Reason, Refusal, Replace, ResendPin, Resolve};
pub use batch::{Batch, BatchAct, BatchSummary, Batches, Column, Finding, Mapping, Progress, Row, RowCounts, Rows};
pub use catalogue::{Countries, Country, Inventory, Product, Products, Settings};
pub use event::{EventPage, Notice, NoticeData, Stock};
pub use person::{Offboarded, OffboardedShipment, Person};
pub use reconciliation::{Compared, Difference, NotCompared, Reconciliation};
pub use report::{Days, Group, Leg, Report, Stuck};
pub use shipment::{
    Cancellation, Count, Counts, Credential, Details, Event, Key, Obstacle, Queued, Shipments, Summary,
    SummaryObstacle, Tracking, Unreadable,
};
pub use webhook::{
    CreatedWebhook, Deliveries, Delivery, NewWebhook, Replayed, RotateSecret, Secret, SigningSecret, Tested, Webhook,
    WebhookChange, Webhooks,
};
pub use withdrawal::{LoseKey, Withdrawal, WithdrawalStep, Withdrawn};
pub use word::{BatchState, DeliveryState, ObstacleClass, Phase, Severity, WebhookState};
