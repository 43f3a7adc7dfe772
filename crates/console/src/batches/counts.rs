//! Counts and progress of a batch.

use keyferry_domain::{BatchState, PhaseName, RowState};
use keyferry_engine::BatchView;

use super::count::Count;
use crate::messages::Messages;

/// A number on the page.
pub(super) struct Tile {
    pub(super) label: &'static str,
    pub(super) number: String,
    pub(super) tone: &'static str,
    /// Address of what was counted, if there is a page for it.
    pub(super) link: Option<String>,
}

/// Progress on the page.
pub(super) struct Bar {
    pub(super) label: &'static str,
    pub(super) done: u32,
    pub(super) all: u32,
    pub(super) text: String,
    /// Rate and time left.
    pub(super) pace: Option<String>,
}

/// Returns the numbers that matter in the state of the batch.
pub(super) fn tiles(view: &BatchView, m: &Messages) -> Vec<Tile> {
    let is_ordered = !matches!(view.batch.state.name().as_str(), "uploading" | "draft" | "checking" | "checked");
    let always = [Count::Total, Count::ToSend, Count::Invalid];
    let ordered = [Count::Waiting, Count::Sent, Count::Complete];
    let if_any = [Count::AwaitingAddress, Count::Warnings, Count::NeedsHuman, Count::Refused, Count::Cancelled];
    let shown = always.into_iter().chain(ordered.into_iter().filter(|_| is_ordered));
    let shown = shown.chain(if_any.into_iter().filter(|count| number(view, *count) > 0));
    let id = view.batch.id;
    let tile = |count| Tile {
        label: (m.batches.count)(count),
        number: (m.number)(u64::from(number(view, count))),
        tone: match count {
            Count::Invalid | Count::Refused if number(view, count) > 0 => "bad",
            Count::Warnings | Count::NeedsHuman => "alert",
            Count::Complete => "good",
            Count::Waiting | Count::AwaitingAddress | Count::Sent => "busy",
            _ => "quiet",
        },
        link: match count {
            Count::NeedsHuman => Some(format!("/console/shipments?batch={id}&needs_human=true")),
            Count::Complete => Some(format!("/console/shipments?batch={id}&phase=complete")),
            Count::AwaitingAddress => Some(format!("/console/shipments?batch={id}&awaits_address=true")),
            Count::Waiting => Some(format!("/console/shipments?batch={id}&phase=queued")),
            _ => None,
        },
    };
    shown.map(tile).collect()
}

fn number(view: &BatchView, count: Count) -> u32 {
    let phase = |phase| view.shipments.phases.get(&phase).copied().unwrap_or_default();
    let row = |state| view.rows.of(state);
    match count {
        Count::Total => view.batch.total,
        Count::ToSend => row(RowState::Ready),
        Count::Invalid => row(RowState::Invalid),
        Count::Warnings => view.rows.warnings,
        // Rows and shipments are counted one after the other: a row that became a shipment in between is counted once.
        Count::Waiting => (phase(PhaseName::Queued) + phase(PhaseName::Submitting))
            .min(row(RowState::Queued).saturating_sub(view.shipments.left())),
        Count::AwaitingAddress => view.shipments.awaits_address,
        Count::Sent => view.shipments.left(),
        Count::Complete => phase(PhaseName::Complete),
        Count::NeedsHuman => view.shipments.needs_human,
        Count::Refused => row(RowState::Refused) + phase(PhaseName::Refused),
        Count::Cancelled => row(RowState::Cancelled) + phase(PhaseName::Cancelled) + phase(PhaseName::Cancelling),
    }
}

/// Returns the progress of what is going on.
pub(super) fn bar(view: &BatchView, m: &Messages) -> Option<Bar> {
    let (label, done, all) = match &view.batch.state {
        BatchState::Checking(run) => (m.batches.progress_check, run.checked, view.batch.total),
        BatchState::Submitted(_) | BatchState::Paused(_) => {
            let of = |state| view.rows.of(state);
            let all = of(RowState::Ready) + of(RowState::Queued) + of(RowState::Refused);
            (m.batches.progress_send, (view.shipments.left() + of(RowState::Refused)).min(all), all)
        }
        _ => return None,
    };
    let text = format!("{} / {}", (m.number)(u64::from(done)), (m.number)(u64::from(all)));
    let pace = view.progress.filter(|_| done < all).map(|pace| {
        let decimals = usize::from(pace.rate_per_minute < 10.0);
        let rate = format!("{:.decimals$}", pace.rate_per_minute);
        let rate = if m.tag == "de" { rate.replace('.', ",") } else { rate };
        (m.batches.pace)(&rate, &(m.batches.left)(pace.seconds_left))
    });
    Some(Bar { label, done, all: all.max(1), text, pace })
}
