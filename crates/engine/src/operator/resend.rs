//! Resending of a PIN on request of an operator.

use std::borrow::Cow;
use std::sync::Arc;

use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{Caller, Change, Effect, Failure, Note, Operation, PhaseName, Registered, Shipment};
use tracing::Instrument as _;

use crate::context::Context;
use crate::failures::{explain, findings};
use crate::pins::{MessageClass, NotSent, Ready, Release, ReleaseRule, Sent};

/// Reason why a PIN was not sent again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResendError {
    /// The shipment does not exist.
    #[error("shipment {0} does not exist")]
    NotFound(String),
    /// The key is not registered.
    #[error("cannot send the PIN of shipment {id}: it is {}, and a PIN is sent only after the key is registered{}",
        .phase.shown(), .why.as_deref().map(|why| format!(". {why}")).unwrap_or_default())]
    NotRegistered {
        /// Id as given by the caller.
        id: String,
        /// Current phase.
        phase: PhaseName,
        /// Obstacle of the shipment, if any.
        why: Option<String>,
    },
    /// The key cannot be used any more: its passkey was revoked, or is about to be.
    #[error("cannot send the PIN of shipment {0}: the passkey of its key was revoked. Order a new key")]
    Revoked(String),
    /// Another worker holds a claim on the shipment.
    #[error("shipment {0} is being processed. Try again in a minute")]
    Busy(String),
    /// Release rules forbid it, and the caller may not override them or gave no reason.
    #[error("cannot send the PIN of shipment {id}: {}", listed(.rules))]
    Refused {
        /// Id as given by the caller.
        id: String,
        /// Each rule that forbids the release. Never empty.
        rules: Vec<ReleaseRule>,
        /// Whether the caller may override the rules, and only the reason is missing.
        may_override: bool,
    },
    /// Fetching, opening or sending failed.
    #[error("{}", explain(.0))]
    Failed(Failure),
    /// The store failed.
    #[error("{0}")]
    Store(StoreError),
}

impl ResendError {
    /// Returns whether the PIN may have been sent all the same.
    pub fn may_be_sent(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.operation == Operation::DeliverPin && failure.effect == Effect::Unknown,
            _ => false,
        }
    }
}

/// Sends the PIN in its own task.
pub(super) async fn resend(context: &Arc<Context>, id: &str, by: Caller, release: Release) -> Result<(), ResendError> {
    let (task_context, id) = (context.clone(), id.to_owned());
    let task = context.tasks.spawn(
        async move {
            let result = resend_once(&task_context, &id, by, &release).await;
            task_context.metrics.resend(outcome(&result));
            result
        }
        .in_current_span(),
    );
    match task.await {
        Ok(result) => result,
        // Continue a panic in the caller's task, so that it is reported like any panic of a request.
        Err(error) => match error.try_into_panic() {
            Ok(defect) => std::panic::resume_unwind(defect),
            Err(error) => Err(ResendError::Store(StoreError::Unavailable(error.to_string()))),
        },
    }
}

async fn resend_once(context: &Context, id: &str, by: Caller, release: &Release) -> Result<(), ResendError> {
    let stored =
        context.look_up(id).await.map_err(ResendError::Store)?.ok_or_else(|| ResendError::NotFound(id.to_owned()))?;
    let Stored { change, version, .. } = stored;
    let own_id = change.shipment().id();
    let registered = releasable(id, change.shipment())?;
    let resend = context.new_id();
    let claimed = context.claim(own_id, &version, resend).await.map_err(|error| match error {
        StoreError::Conflict(_) => ResendError::Busy(id.to_owned()),
        error => ResendError::Store(error),
    })?;
    let work = async {
        let class = MessageClass::Resend(resend);
        let shipment = change.shipment();
        let subject = (&**shipment, shipment.phase());
        let ready = Ready::again(context, &registered, subject, &class, release).await?;
        let reason = release.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let mut recorded = None;
        if !ready.overridden().is_empty() {
            // Recorded before the PIN is sent, so that no release is without its reason.
            let (to, rules) = (ready.addressees(), listed(ready.overridden()));
            let note = Note::new(context.now(), format!("the PIN is released to {to}{reason} ({rules})"));
            tracing::warn!(shipment = %own_id, caller = %by, rules, "caller releases PIN against release rules");
            let released = change.clone().then(|shipment| shipment.pin_released(by.clone(), note));
            recorded = Some(claimed.commit(released).await.map_err(|error| findings::store(&error))?);
        }
        if ready.is_by_page()? {
            let mut ready = ready;
            let told = ready.tell_previous().await?.map(|told| format!("; {told}")).unwrap_or_default();
            let new = ready.new_link().await?;
            let detail =
                format!("a new link to the PIN goes to {}{reason}{told}; earlier links are closed", ready.addressees());
            let change = recorded.map_or_else(|| change.clone(), Change::none);
            // Recorded before the link is sent, so that it is never unknown to the record.
            let offered = change.then(|shipment| shipment.pin_offered(new.link, by, Note::new(context.now(), detail)));
            claimed.commit(offered).await.map_err(|error| findings::store(&error))?;
            ready.mail_link(&new).await?;
            return Ok(());
        }
        let Sent { to, told } = ready.send().await?;
        let told = told.map(|told| format!("; {told}")).unwrap_or_default();
        let note = Note::new(context.now(), format!("the PIN was sent to {to}{reason}{told}"));
        let change = recorded.map_or_else(|| change.clone(), Change::none);
        if let Err(error) = claimed.commit(change.then(|shipment| shipment.pin_resent(by, note))).await {
            tracing::warn!(shipment = %own_id, %error, "resent PIN, but could not record it");
        }
        Ok(())
    };
    claimed.during(work).await.map_err(|not_sent| match not_sent {
        NotSent::Failed(failure) => {
            tracing::warn!(shipment = %own_id, reason = %explain(&failure), "could not resend PIN");
            ResendError::Failed(failure)
        }
        NotSent::Refused(rules) => {
            tracing::warn!(shipment = %own_id, rules = listed(&rules), "rejected resend of PIN");
            ResendError::Refused { id: id.to_owned(), rules, may_override: release.may_override }
        }
    })
}

/// Returns the registered keys of a shipment whose PINs can be released.
pub(super) fn releasable(id: &str, shipment: &Shipment) -> Result<Registered, ResendError> {
    let Some(registered) = shipment.phase().registered().cloned() else {
        let why = shipment.error_message().map(Cow::into_owned);
        return Err(ResendError::NotRegistered { id: id.to_owned(), phase: shipment.phase().name(), why });
    };
    if shipment.key_revoked_at().is_some() || shipment.withdrawal().is_some() {
        return Err(ResendError::Revoked(id.to_owned()));
    }
    Ok(registered)
}

pub(super) fn listed(rules: &[ReleaseRule]) -> String {
    rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Returns the label `outcome` for metrics.
pub(super) fn outcome(result: &Result<(), ResendError>) -> &'static str {
    match result {
        Ok(()) => "sent",
        Err(ResendError::Failed(_) | ResendError::Store(_)) => "unavailable",
        Err(_) => "not_possible",
    }
}
