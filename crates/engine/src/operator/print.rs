//! Release of a PIN on paper, on request of an operator.

use std::sync::Arc;

use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{Caller, Failure, Note, SecretBytes};
use tracing::Instrument as _;

use super::resend::{ResendError, listed, outcome};
use crate::context::Context;
use crate::failures::{explain, findings};
use crate::pins::{MessageClass, NotSent, Printer, Ready, Release, close_in_secret};

/// Reason why no letter was printed. The PIN did not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// The settings allow no letters.
    #[error("PINs are not printed. Set KEYFERRY_PIN_LETTERS=on to allow letters")]
    Off,
    /// The caller is an application without a user. Whoever prints a letter can read it, so a person must answer for
    /// it.
    #[error("a letter is printed for a signed-in user only, not for an application")]
    NoUser,
    /// The letter cannot be printed.
    #[error("{0}")]
    NotPrintable(String),
    /// The PIN cannot be released.
    #[error(transparent)]
    NotReleased(#[from] ResendError),
}

/// Prints in its own task, which continues if the caller disconnects.
pub(super) async fn print(
    context: &Arc<Context>,
    id: &str,
    by: Caller,
    release: Release,
    printer: Printer,
) -> Result<SecretBytes, PrintError> {
    if !context.settings.pin_letters {
        return Err(PrintError::Off);
    }
    if by.user.is_none() {
        return Err(PrintError::NoUser);
    }
    let (task_context, id) = (context.clone(), id.to_owned());
    let work = async move {
        let result = print_once(&task_context, &id, by, &release, printer).await;
        task_context.metrics.letter(match &result {
            Ok(_) => "printed",
            Err(PrintError::NotReleased(error)) => outcome(&Err(error.clone())),
            Err(_) => "not_possible",
        });
        result
    };
    match context.tasks.spawn(work.in_current_span()).await {
        Ok(result) => result,
        // Continue a panic in the caller's task, so that it is reported like any panic of a request.
        Err(error) => match error.try_into_panic() {
            Ok(defect) => std::panic::resume_unwind(defect),
            Err(error) => Err(ResendError::Store(StoreError::Unavailable(error.to_string())).into()),
        },
    }
}

/// Reason why the work under a claim ended without a letter.
enum NotPrinted {
    NotSent(NotSent),
    NotPrintable(String),
}

impl From<NotSent> for NotPrinted {
    fn from(not_sent: NotSent) -> Self {
        Self::NotSent(not_sent)
    }
}

impl From<Failure> for NotPrinted {
    fn from(failure: Failure) -> Self {
        Self::NotSent(NotSent::Failed(failure))
    }
}

async fn print_once(
    context: &Context,
    id: &str,
    by: Caller,
    release: &Release,
    printer: Printer,
) -> Result<SecretBytes, PrintError> {
    let found = context.look_up(id).await.map_err(ResendError::Store)?;
    let Stored { change, version, .. } = found.ok_or_else(|| ResendError::NotFound(id.to_owned()))?;
    let own_id = change.shipment().id();
    let registered = super::resend::releasable(id, change.shipment())?;
    let worker = context.new_id();
    let claimed = context.claim(own_id, &version, worker).await.map_err(|error| match error {
        StoreError::Conflict(_) => ResendError::Busy(id.to_owned()),
        error => ResendError::Store(error),
    })?;
    let work = async {
        let class = MessageClass::Resend(worker);
        let shipment = change.shipment();
        let subject = (&**shipment, shipment.phase());
        let mut ready = Ready::on_paper(context, &registered, subject, &class, release).await?;
        // Opened and printed first, so that neither an outage nor a name without glyphs wastes the release.
        let letter = ready.letter(printer).await?.map_err(NotPrinted::NotPrintable)?;
        let told = ready.tell_previous().await?.map(|told| format!("; {told}")).unwrap_or_default();
        ready.start_window().await?;
        let reason = release.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let rules = listed(ready.overridden());
        let mut printed = change.clone();
        if !rules.is_empty() {
            let note = Note::new(context.now(), format!("the PIN is released on paper{reason} ({rules})"));
            tracing::warn!(shipment = %own_id, caller = %by, rules, "caller releases PIN against release rules");
            printed = printed.then(|shipment| shipment.pin_released(by.clone(), note));
        }
        let to = match ready.addressees() {
            nobody if nobody.is_empty() => String::new(),
            to => format!(" for {to}"),
        };
        let detail = format!("the PIN was printed on a letter{to}{reason}{told}; earlier links are closed");
        printed = printed.then(|shipment| shipment.pin_printed(by.clone(), Note::new(context.now(), detail)));
        // Closed in the record, in the secret and in the journal, before the letter leaves.
        claimed.commit(printed).await.map_err(|error| findings::store(&error))?;
        close_in_secret(context, change.shipment()).await?;
        context.ledger.pin_sent(own_id, context.now()).await;
        tracing::info!(shipment = %own_id, caller = %by, "printed PIN on a letter");
        Ok(letter)
    };
    claimed.during(work).await.map_err(|not_printed| match not_printed {
        NotPrinted::NotPrintable(message) => PrintError::NotPrintable(message),
        NotPrinted::NotSent(NotSent::Failed(failure)) => {
            tracing::warn!(shipment = %own_id, reason = %explain(&failure), "could not print PIN");
            ResendError::Failed(failure).into()
        }
        NotPrinted::NotSent(NotSent::Refused(rules)) => {
            tracing::warn!(shipment = %own_id, rules = listed(&rules), "rejected letter with PIN");
            ResendError::Refused { id: id.to_owned(), rules, may_override: release.may_override }.into()
        }
    })
}
