//! Maps the delivery service's shipment states to the progress of an order.
//!
//! The numbers and their treatment follow the vendor's public workflow template. A state has a name if a public page
//! contains it. `docs/reference/states.md` is generated from the table.

use keyferry_domain::DeliveryState;
use keyferry_domain::ports::Progress;

/// A known state.
#[derive(Clone, Copy, Debug)]
struct State {
    /// `shipment_state_id`.
    id: i64,
    /// Progress of an order in this state.
    progress: Progress,
    /// Public name; empty if no public page contains it.
    name: &'static str,
}

const fn state(id: i64, progress: Progress, name: &'static str) -> State {
    State { id, progress, name }
}

/// All known states, sorted by id.
const STATES: &[State] = &[
    state(1, Progress::NeedsEditing, "Incomplete shipping request"),
    state(2, Progress::NeedsEditing, ""),
    state(3, Progress::InProgress, "Awaiting validation"),
    state(4, Progress::InProgress, ""),
    state(5, Progress::InProgress, ""),
    state(6, Progress::NeedsEditing, "Incomplete"),
    state(7, Progress::NeedsEditing, "Address is undeliverable or could not be understood"),
    state(8, Progress::NeedsEditing, "Processing error, contact the delivery service's support"),
    state(9, Progress::NeedsEditing, "Denied-party match"),
    state(12, Progress::InProgress, ""),
    state(99, Progress::Failed, "Shipping error, contact the delivery service's support"),
    state(100, Progress::InProgress, ""),
    state(101, Progress::InProgress, ""),
    state(102, Progress::InProgress, ""),
    state(103, Progress::Ready, "Shipped: in transit"),
    state(104, Progress::Ready, "Delivered"),
    state(105, Progress::Failed, "Shipment lost or missing"),
    state(106, Progress::Failed, "Delivery exception"),
    state(107, Progress::Failed, ""),
    state(108, Progress::Failed, ""),
    state(110, Progress::Failed, ""),
    state(1025, Progress::InProgress, ""),
    state(2000, Progress::InProgress, ""),
];

/// Returns the progress that the reported state means, and a line for operators such as
/// `delivery state 3 (Awaiting validation)`.
///
/// The delivery service's own message takes precedence over the name in the table.
pub(crate) fn interpret(state: &DeliveryState) -> (Progress, String) {
    let known = state.id.and_then(|id| STATES.iter().find(|known| known.id == id));
    let number = state.id.map_or_else(|| "none".to_owned(), |id| id.to_string());
    let name = known.map(|known| known.name).filter(|name| !name.is_empty());
    let line = match state.message.as_deref().or(name) {
        Some(text) => format!("delivery state {number} ({text})"),
        None => format!("delivery state {number}"),
    };
    (known.map_or(Progress::Unknown, |known| known.progress), line)
}

/// Returns whether the parcel was delivered.
pub(crate) fn is_delivered(state: &DeliveryState) -> bool {
    state.id == Some(104)
}

#[cfg(test)]
fn in_words(progress: Progress) -> &'static str {
    match progress {
        Progress::InProgress => "ongoing",
        Progress::NeedsEditing => "needs editing",
        Progress::Ready => "ready",
        Progress::Failed => "failed",
        Progress::Unknown => "unknown",
    }
}

/// Returns the table as a page of the documentation.
#[cfg(test)]
fn markdown() -> String {
    let mut page = String::from(
        "# Shipment states of the delivery service\n\n\
         What each `shipment_state_id` means for an order. The numbers and their treatment follow the vendor's\n\
         public workflow template. A state has a name if a public page contains it. An unknown or missing state is\n\
         an obstacle that an operator must clear. It is never treated as ready.\n\n\
         - **ongoing**: no action is needed. The next run checks the state again.\n\
         - **needs editing**: an operator must edit the order in the delivery service's console. Every run checks\n  \
         the state again.\n\
         - **ready**: the key is made. Keyferry opens and checks its responses and registers the passkey.\n\
         - **failed**: final. Keyferry makes no further calls until an operator requests a retry or cancels the\n  \
         shipment.\n\n\
         This page is generated from the code.\n\n\
         | state | treatment | name |\n| ---: | --- | --- |\n",
    );
    for State { id, progress, name } in STATES {
        page.push_str(&format!("| {id} | {} | {name} |\n", in_words(*progress)));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_page_is_up_to_date() {
        keyferry_testkit::golden::check("docs/reference/states.md", &markdown());
    }

    #[test]
    fn only_shipped_and_delivered_are_ready() {
        let ready: Vec<_> = STATES.iter().filter(|s| s.progress == Progress::Ready).map(|s| s.id).collect();
        assert_eq!(ready, [103, 104]);
    }

    /// After these states, the engine releases a PIN only against its rules.
    #[test]
    fn lost_and_returned_parcels_failed() {
        for id in 105..=108 {
            assert_eq!(interpreted(Some(id), Some("Delivered")).0, Progress::Failed, "{id}");
        }
    }

    #[test]
    fn only_one_state_is_delivered() {
        let is = |id| is_delivered(&DeliveryState { id, message: Some("Delivered".into()) });
        let delivered: Vec<_> = STATES.iter().filter(|state| is(Some(state.id))).map(|state| state.name).collect();
        assert_eq!((delivered, is(None)), (vec!["Delivered"], false));
    }

    fn interpreted(id: Option<i64>, message: Option<&str>) -> (Progress, String) {
        interpret(&DeliveryState { id, message: message.map(str::to_owned) })
    }

    #[test]
    fn unknown_ids_have_unknown_progress() {
        assert!(STATES.is_sorted_by(|a, b| a.id < b.id));
        for id in [-1, 0, 10, 98, 109, 111, i64::MAX] {
            assert_eq!(interpreted(Some(id), Some("Delivered")).0, Progress::Unknown);
        }
        assert_eq!(interpreted(None, Some("Delivered")).0, Progress::Unknown);
    }

    #[test]
    fn state_line_prefers_the_services_message_over_our_name() {
        for (id, message, line) in [
            (Some(103), Some("on its way"), "delivery state 103 (on its way)"),
            (Some(103), None, "delivery state 103 (Shipped: in transit)"),
            (Some(4), None, "delivery state 4"),
            (None, None, "delivery state none"),
        ] {
            assert_eq!(interpreted(id, message).1, line);
        }
    }
}
