//! Phase `Accepted`: wait for fulfilment by the delivery service.

use keyferry_domain::ports::Progress;
use keyferry_domain::{Accepted, Change, In, Note};

use super::step::Step;
use crate::context::Context;
use crate::delivery::{self, Seen};
use crate::failures::findings;

pub(super) async fn check_delivery(context: &Context, it: In<Accepted>) -> Step {
    let status = match delivery::status_of_accepted(context, &it, &it.phase().delivery_id, None).await {
        Ok(Seen::Status(status)) => status,
        Ok(Seen::Cancelled { reason, note }) => return Step::On(it.cancel(reason, note), None),
        Err(failure) => return Step::Held(Change::none(it), failure),
    };
    let now = context.now();
    let line = status.state_line.clone();
    let note = |detail| Note::new(now, detail).with_correlation(Some(status.correlation.clone()));
    let (state, tracking) = (status.state.clone(), status.tracking.clone());
    let held = |it: In<Accepted>, failure| Step::Held(it.observe(state.clone(), tracking.clone(), None), failure);
    match status.progress {
        Progress::Unknown => held(it, findings::delivery(&status, "unknown-state", &line)),
        Progress::NeedsEditing => held(it, findings::delivery(&status, "needs-editing", &line)),
        Progress::Failed => held(it, findings::delivery(&status, "delivery-failed", &line)),
        Progress::InProgress => {
            let changed = it.phase().state.as_ref() != Some(&status.state);
            Step::Stay(it.observe(state, tracking, changed.then(|| note(line))))
        }
        Progress::Ready => {
            if let Err(failure) = delivery::check_items(&status, it.keys()) {
                return held(it, failure);
            }
            let keys: Vec<_> = status.items.iter().map(|item| item.hardware.clone()).collect();
            let serials: Vec<_> = keys.iter().map(|key| key.serial.as_str()).collect();
            let note = note(format!("{line}; keys: {}", serials.join(", ")));
            Step::On(it.fulfil(state, tracking, keys, note), Some(status))
        }
    }
}
