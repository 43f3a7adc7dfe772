//! The delivery service's shipment states, and what each means for an order.
//!
//! Numbers and treatment follow the vendor's own public workflow template; names are given where a public page gives
//! them. The table is printed into `docs/reference/states.md`.

use keyferry_domain::DeliveryState;
use keyferry_domain::ports::Progress;

/// One known state.
#[derive(Clone, Copy, Debug)]
struct State {
    /// `shipment_state_id`.
    id: i64,
    /// What it means for an order.
    progress: Progress,
    /// What it is called; empty where no public page tells.
    name: &'static str,
}

const fn state(id: i64, progress: Progress, name: &'static str) -> State {
    State { id, progress, name }
}

/// All known states.
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

/// What the reported state means, and the line in which operators see it.
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

/// The table as a page of the documentation.
#[cfg(test)]
fn markdown() -> String {
    let mut page = String::from(
        "# States of a shipment at the delivery service\n\n\
         What each `shipment_state_id` means for an order. The numbers and their treatment follow the vendor's public\n\
         workflow template; a name is given where a public page gives one. A number that is not here, or none at all, is\n\
         an obstacle that a person must look at: it is never taken for ready.\n\n\
         - **ongoing**: nothing to do, the next run looks again.\n\
         - **needs editing**: the order stands still until somebody edits it in the delivery service's console; every run\n  \
         looks again.\n\
         - **ready**: the key is made, its responses are opened, checked and registered.\n\
         - **failed**: final; nothing is called until a person asks for a retry or resolves the shipment.\n\n\
         This page is printed from the code.\n\n\
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
    fn the_page_of_the_documentation_is_the_table() {
        keyferry_testkit::golden::check("docs/reference/states.md", &markdown());
    }

    #[test]
    fn only_shipped_and_delivered_are_ready() {
        let ready: Vec<_> = STATES.iter().filter(|s| s.progress == Progress::Ready).map(|s| s.id).collect();
        assert_eq!(ready, [103, 104]);
    }

    fn interpreted(id: Option<i64>, message: Option<&str>) -> (Progress, String) {
        interpret(&DeliveryState { id, message: message.map(str::to_owned) })
    }

    #[test]
    fn unknown_numbers_are_unknown() {
        assert!(STATES.is_sorted_by(|a, b| a.id < b.id));
        for id in [-1, 0, 10, 98, 109, 111, i64::MAX] {
            assert_eq!(interpreted(Some(id), Some("Delivered")).0, Progress::Unknown);
        }
        assert_eq!(interpreted(None, Some("Delivered")).0, Progress::Unknown);
    }

    #[test]
    fn a_state_is_shown_by_its_number_and_the_services_word_or_else_ours() {
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
