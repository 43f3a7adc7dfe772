//! The engine and its parts.

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use opentelemetry::metrics::{Meter, MeterProvider as _, NoopMeterProvider};

use crate::activity::{self, Activity, LeaseView};
use crate::context::Context;
use crate::events::Events;
use crate::operator::Operator;
use crate::orders::{BatchWorker, Batches, Dispatcher, Orders, Preflight, Recipients};
use crate::people::People;
use crate::person::{Addresses, Objections, PassPages};
use crate::pins::PinPages;
use crate::ports::Ports;
use crate::processing::Processing;
use crate::readiness::{self, Readiness};
use crate::reconciliation::Reconciliation;
use crate::recovery::{self, Continuity};
use crate::schedules::Schedules;
use crate::settings::EngineSettings;
use crate::views::Views;
use crate::webhooks::{Webhooks, Worker};

/// Order workflow. Cheap to clone: all clones share one engine.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Engine {
    context: Arc<Context>,
    /// Places orders.
    pub orders: Orders,
    /// Sends queued orders.
    pub dispatcher: Dispatcher,
    /// Stores and changes batches of orders.
    pub batches: Batches,
    /// Checks and feeds batches.
    pub batch_worker: BatchWorker,
    /// Looks up recipients in the directory.
    pub recipients: Recipients,
    /// Checks orders before they are placed.
    pub preflight: Preflight,
    /// Processes open shipments.
    pub processing: Processing,
    /// Performs operators' actions on shipments.
    pub operator: Operator,
    /// Runs processing and clean-up on schedule.
    pub schedules: Schedules,
    /// Reads the events of all shipments.
    pub events: Events,
    /// Administers webhooks.
    pub webhooks: Webhooks,
    /// Sends messages to webhooks.
    pub webhook_worker: Worker,
    /// Reads shipments for callers.
    pub views: Views,
    /// Shows PINs to their addressees.
    pub pin_pages: PinPages,
    /// Shows temporary access passes to their addressees.
    pub pass_pages: PassPages,
    /// Takes addresses for orders that lack them.
    pub addresses: Addresses,
    /// Takes objections of persons to their keys.
    pub objections: Objections,
    /// Reads persons' passkeys.
    pub people: People,
    /// Compares both sides.
    pub reconciliation: Reconciliation,
}

impl Engine {
    /// Creates an engine with its own instruments from `meter`. Starts no work.
    pub fn new(ports: Ports, settings: EngineSettings, meter: &Meter) -> Self {
        let context = Arc::new(Context::new(ports, settings, meter));
        let processing = Processing::new(context.clone());
        let (preflight, operator) = (Preflight::new(context.clone()), Operator::new(context.clone()));
        Self {
            orders: Orders::new(context.clone()),
            dispatcher: Dispatcher::new(context.clone()),
            batches: Batches::new(context.clone(), operator.clone(), preflight.clone()),
            batch_worker: BatchWorker::new(context.clone(), preflight.clone(), operator.clone()),
            recipients: Recipients::new(context.clone()),
            preflight,
            operator,
            schedules: Schedules::new(context.clone(), processing.clone()),
            events: Events::new(context.clone()),
            webhooks: Webhooks::new(context.clone()),
            webhook_worker: Worker::new(context.clone()),
            views: Views::new(context.clone()),
            pin_pages: PinPages::new(context.clone()),
            pass_pages: PassPages::new(context.clone()),
            addresses: Addresses::new(context.clone()),
            objections: Objections::new(context.clone()),
            people: People::new(context.clone()),
            reconciliation: Reconciliation::new(context.clone()),
            processing,
            context,
        }
    }

    /// Creates an engine that records no metrics.
    pub fn without_metrics(ports: Ports, settings: EngineSettings) -> Self {
        Self::new(ports, settings, &NoopMeterProvider::new().meter("without_metrics"))
    }

    /// Returns what prevents this process from working, and what an operator must know.
    pub async fn readiness(&self) -> Readiness {
        readiness::examine(&self.context).await
    }

    /// Returns the schedules, with the last runs of this process.
    pub fn activity(&self) -> Activity {
        activity::activity(&self.context)
    }

    /// Returns which replica holds which lease.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn leases(&self) -> Result<Vec<LeaseView>, StoreError> {
        activity::leases(&self.context).await
    }

    /// Compares the database with the journal, and records accepted orders that the last process could not record. Call
    /// it before anything is ordered or processed. If the result is not intact, do neither.
    ///
    /// # Errors
    /// The error of the store or the journal.
    pub async fn compare_with_journal(&self) -> Result<Continuity, StoreError> {
        recovery::compare(&self.context).await
    }

    /// Confirms the differences between database and journal, so that the next comparison is intact.
    ///
    /// # Errors
    /// The error of the journal.
    pub async fn confirm_differences(&self) -> Result<(), StoreError> {
        recovery::confirm(&self.context).await
    }

    /// Stops accepting new work and waits for running tasks.
    pub async fn shut_down(&self) {
        self.context.stopping.cancel();
        self.context.tasks.close();
        self.context.tasks.wait().await;
    }
}
