//! The delivery service's shipment states, and what each means for an order.
//!
//! Numbers and treatment follow the vendor's own public workflow template; names are given where a public page gives
//! them. The table is printed into `docs/reference/states.md`.

/// What a state means for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// On its way through the service.
    Ongoing,
    /// Stands still until somebody edits the order; every run looks again.
    NeedsEditing,
    /// The key is made and its responses can be opened.
    Ready,
    /// The delivery failed.
    Failed,
}

impl Treatment {
    /// For people and for the documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ongoing => "ongoing",
            Self::NeedsEditing => "needs editing",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

/// One known state.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// `shipment_state_id`.
    pub id: i64,
    /// What it means for an order.
    pub treatment: Treatment,
    /// What it is called; empty where no public page tells.
    pub name: &'static str,
}

const fn state(id: i64, treatment: Treatment, name: &'static str) -> State {
    State { id, treatment, name }
}

/// All known states.
pub const STATES: &[State] = &[
    state(1, Treatment::NeedsEditing, "Incomplete shipping request"),
    state(2, Treatment::NeedsEditing, ""),
    state(3, Treatment::Ongoing, "Awaiting validation"),
    state(4, Treatment::Ongoing, ""),
    state(5, Treatment::Ongoing, ""),
    state(6, Treatment::NeedsEditing, "Incomplete"),
    state(7, Treatment::NeedsEditing, "Address is undeliverable or could not be understood"),
    state(8, Treatment::NeedsEditing, "Processing error, contact the delivery service's support"),
    state(9, Treatment::NeedsEditing, "Denied-party match"),
    state(12, Treatment::Ongoing, ""),
    state(99, Treatment::Failed, "Shipping error, contact the delivery service's support"),
    state(100, Treatment::Ongoing, ""),
    state(101, Treatment::Ongoing, ""),
    state(102, Treatment::Ongoing, ""),
    state(103, Treatment::Ready, "Shipped: in transit"),
    state(104, Treatment::Ready, "Delivered"),
    state(105, Treatment::Failed, "Shipment lost or missing"),
    state(106, Treatment::Failed, "Delivery exception"),
    state(107, Treatment::Failed, ""),
    state(108, Treatment::Failed, ""),
    state(110, Treatment::Failed, ""),
    state(1025, Treatment::Ongoing, ""),
    state(2000, Treatment::Ongoing, ""),
];

/// The state of that number, if it is known.
pub fn lookup(id: i64) -> Option<&'static State> {
    STATES.iter().find(|state| state.id == id)
}

/// The table as a page of the documentation.
pub fn markdown() -> String {
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
    for State { id, treatment, name } in STATES {
        page.push_str(&format!("| {id} | {} | {name} |\n", treatment.as_str()));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_documentation_is_the_table() {
        crate::golden::check("docs/reference/states.md", &markdown());
    }

    #[test]
    fn only_shipped_and_delivered_are_ready() {
        let ready: Vec<_> = STATES.iter().filter(|s| s.treatment == Treatment::Ready).map(|s| s.id).collect();
        assert_eq!(ready, [103, 104]);
    }

    #[test]
    fn unknown_numbers_are_unknown() {
        assert!(STATES.is_sorted_by(|a, b| a.id < b.id));
        for id in [-1, 0, 10, 98, 109, 111, i64::MAX] {
            assert!(lookup(id).is_none());
        }
    }
}
