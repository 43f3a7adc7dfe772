//! What the list offers for many shipments.

use super::super::conditions::Conditions;
use super::super::paths::ACTIONS;
use super::selection::{MATCHING, TICKED, VERBS};
use crate::shipment::Verb;
use crate::visitor::Visitor;

/// The form around the list.
pub(crate) struct Offer {
    pub(crate) action: &'static str,
    pub(crate) verbs: Vec<Verb>,
    /// Parameters of the list.
    pub(crate) hidden: Vec<(String, String)>,
    pub(crate) ticked: &'static str,
    pub(crate) matching: &'static str,
}

/// Returns the actions that the user may do to many shipments.
pub(crate) fn offer(visitor: &Visitor, conditions: &Conditions) -> Offer {
    Offer {
        action: ACTIONS,
        verbs: VERBS.into_iter().filter(|verb| visitor.may(verb.operation())).collect(),
        hidden: conditions.hidden(),
        ticked: TICKED,
        matching: MATCHING,
    }
}
