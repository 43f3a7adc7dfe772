//! The engine: its rooms over one context.

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use opentelemetry::metrics::{Meter, MeterProvider as _, NoopMeterProvider};

use crate::context::Context;
use crate::operator::Operator;
use crate::orders::Orders;
use crate::ports::Ports;
use crate::processing::Processing;
use crate::schedules::Schedules;
use crate::settings::EngineSettings;
use crate::views::Views;

/// The flow. Cheap to clone: all clones are one engine.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Engine {
    context: Arc<Context>,
    /// Orders of keys.
    pub orders: Orders,
    /// Runs over open shipments.
    pub processing: Processing,
    /// What operators do to shipments.
    pub operator: Operator,
    /// When the work happens.
    pub schedules: Schedules,
    /// What callers see of shipments.
    pub views: Views,
}

impl Engine {
    /// Puts the engine together, with instruments of its own from `meter`. Nothing runs yet.
    pub fn new(ports: Ports, settings: EngineSettings, meter: &Meter) -> Self {
        let context = Arc::new(Context::new(ports, settings, meter));
        let processing = Processing::new(context.clone());
        Self {
            orders: Orders::new(context.clone()),
            operator: Operator::new(context.clone()),
            schedules: Schedules::new(context.clone(), processing.clone()),
            views: Views::new(context.clone()),
            processing,
            context,
        }
    }

    /// The same with instruments that nobody reads.
    pub fn unmeasured(ports: Ports, settings: EngineSettings) -> Self {
        Self::new(ports, settings, &NoopMeterProvider::new().meter("unmeasured"))
    }

    /// Whether the stores answer.
    ///
    /// # Errors
    /// What the store says.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.context.ports.shipments.ping().await
    }

    /// Takes no new work and waits for what is under way.
    pub async fn shut_down(&self) {
        self.context.stopping.cancel();
        self.context.tasks.close();
        self.context.tasks.wait().await;
    }
}
