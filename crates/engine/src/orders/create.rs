//! Creation of an order: from a validated order to an accepted shipment.
//!
//! The sequence of durable steps is: secret, intent, order, acceptance. An order is never sent twice: the delivery
//! service documents no idempotency key, so a second order would ship a second key.

use std::sync::Arc;

use keyferry_domain::{Order, OrderDraft, OrderFinding};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::completion::Completion;
use super::error::{CreateError, outcome};
use super::idempotency::{self, Idempotency};
use super::intent::Intent;
use super::place::{Placement, place};
use super::progress::Stage;
use super::queue::{Enqueued, QueueRequest, accept};
use super::request::{CreateRequest, Created};
use super::rules::check_settings;
use crate::context::Context;
use crate::recovery::key_hash;

/// Places orders of keys. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Orders(Arc<Context>);

impl Orders {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Checks an order against the known limits of the delivery service, without any call.
    ///
    /// # Errors
    /// The first limit that the order exceeds.
    pub fn check(&self, order: &Order) -> Result<(), OrderFinding> {
        let findings = self.0.ports.delivery_service.check(order);
        findings.into_iter().find(OrderFinding::is_error).map_or(Ok(()), Err)
    }

    /// Checks an order of the queue like [`check`](Self::check). One that lacks data is checked when it is filled.
    ///
    /// # Errors
    /// The first limit that the order exceeds.
    pub fn check_draft(&self, order: &OrderDraft) -> Result<(), OrderFinding> {
        order.complete().map_or(Ok(()), |order| self.check(&order))
    }

    /// Returns what completes orders of the queue that lack data of the recipient or the address.
    pub fn completion(&self) -> Completion {
        Completion::of(&self.0.settings)
    }

    /// Accepts an order that is sent when it is its turn. Durable when this returns.
    ///
    /// # Errors
    /// [`CreateError`]: the order was not accepted, and nothing was ordered.
    pub async fn enqueue(&self, request: QueueRequest) -> Result<Enqueued, CreateError> {
        accept(&self.0, request).await
    }

    /// Orders a key. Runs in its own task, which continues if the caller disconnects.
    ///
    /// # Errors
    /// [`CreateError`]; each variant states whether an order may exist.
    pub async fn create(&self, request: CreateRequest) -> Result<Created, CreateError> {
        let context = &self.0;
        check_settings(context, &request.order)?;
        let stage = Stage::default();
        let (done, wait) = oneshot::channel();
        let (task_context, task_stage) = (context.clone(), stage.clone());
        let (user, caller) = (request.order.user.clone(), request.caller.clone());
        let work = async move {
            let result = create_once(&task_context, request, &task_stage).await;
            if let Err(error) = &result {
                tracing::warn!(%user, %caller, %error, "could not create order");
            }
            // The caller may have stopped waiting. The record then contains the outcome.
            drop(done.send(result));
        };
        context.tasks.spawn(work.in_current_span());
        tokio::select! {
            // Poll the result first: if both are ready, the caller receives the result instead of a timeout.
            biased;
            result = wait => result.unwrap_or(Err(CreateError::Crashed)),
            () = context.ports.clock.sleep(context.settings.create_budget) => {
                Err(CreateError::TimedOut { shipment: stage.caller_timed_out() })
            }
        }
    }
}

async fn create_once(context: &Arc<Context>, request: CreateRequest, stage: &Stage) -> Result<Created, CreateError> {
    let id = context.new_id();
    let creating = context.begin_creating(id);
    let reserved = idempotency::reserve(context, &request, id, stage).await;
    match reserved.inspect_err(|error| context.metrics.order(outcome(&Err(error.clone()))))? {
        Idempotency::Answer(answer) => {
            context.metrics.replay();
            return answer;
        }
        Idempotency::Free => {}
    }
    let idempotency_key = request.idempotency.as_ref().map(|(key, _)| key_hash(&request.caller.application, key));
    let placement = Placement {
        id,
        order: &request.order,
        additional: request.additional,
        may_be_privileged: request.may_be_privileged,
        idempotency_key,
        intent: Intent::New(&request),
        filled_for: None,
    };
    let result = place(context, placement, stage).await;
    context.metrics.order(outcome(&result));
    if result.as_ref().is_err_and(|error| !error.order_may_exist())
        && request.idempotency.is_some()
        && let Err(error) = context.ports.idempotency.release(id).await
    {
        tracing::warn!(shipment = %id, %error, "could not release idempotency key; its next use takes it over");
    }
    // Held until here, so that runs and clean-up of this process skip the record while it is being created.
    drop(creating);
    result
}
