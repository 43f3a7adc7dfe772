//! Row of a difference.

use keyferry_engine::{Difference, DifferenceKind};

use crate::messages::Messages;
use crate::people;

/// Difference, as the page shows it.
pub(super) struct Row {
    pub(super) kind: &'static str,
    /// Page of the shipment or the person, where the remedy can be applied. `None`: only the delivery service has it.
    pub(super) address: Option<String>,
    /// Person, or else the id at the delivery service.
    pub(super) subject: String,
    pub(super) detail: String,
    /// Addresses and ids of unconfirmed shipments to which the order may belong.
    pub(super) candidates: Vec<(String, String)>,
}

impl Row {
    pub(super) fn of(difference: Difference, m: &Messages) -> Self {
        let shipment = difference.shipment.map(|id| format!("/console/shipments/{id}"));
        let person = difference.user.as_ref().map(|user| people::person(user));
        // Passkeys are revoked on the page of their person.
        let address = match difference.kind {
            DifferenceKind::MethodGone | DifferenceKind::MethodWithoutRecord | DifferenceKind::NameReassigned => {
                person.or(shipment)
            }
            _ => shipment.or(person),
        };
        let named = difference.user.or_else(|| difference.delivery_id.map(|id| id.to_string()));
        let candidates =
            difference.candidates.iter().map(|id| (format!("/console/shipments/{id}/adopt"), id.to_string()));
        Self {
            kind: (m.reconcile.kind)(difference.kind),
            address,
            subject: named.or(difference.method_id).unwrap_or_default(),
            detail: difference.detail,
            candidates: candidates.collect(),
        }
    }
}
