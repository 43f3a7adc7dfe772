//! A group of the work list, as the page shows it.

use keyferry_access::Operation;
use keyferry_domain::PhaseName;
use keyferry_domain::ports::Summary;

use super::cause::{Cause, Kind, shared_end, title_of};
use crate::messages::Messages;
use crate::shipment::Verb;
use crate::shipments::tone;
use crate::time::Instant;
use crate::visitor::Visitor;

/// Shipments with the same cause.
pub(super) struct Group {
    pub(super) anchor: String,
    pub(super) title: String,
    /// Whether the title is an English code.
    pub(super) is_code: bool,
    pub(super) count: u64,
    pub(super) is_minimum: bool,
    /// What to do, and whether it is in English, from the engine.
    pub(super) remedy: Option<(String, bool)>,
    pub(super) people: Vec<Stuck>,
    /// Whether a person has a text of its own.
    pub(super) has_details: bool,
    /// Address of the list, if not all are shown.
    pub(super) list: Option<String>,
    /// To try all of them again.
    pub(super) again: Option<Again>,
}

/// Code and number of the shipments to try again.
pub(super) struct Again {
    pub(super) code: String,
    pub(super) count: u64,
}

/// A shipment of the group.
pub(super) struct Stuck {
    pub(super) address: String,
    pub(super) person: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    /// In English, from the engine: what is special to this shipment.
    pub(super) detail: String,
    pub(super) since: Instant,
    /// Address of the form to confirm that the key is back.
    pub(super) recall: Option<String>,
}

impl Group {
    /// `None` for unconfirmed orders, which have a section of their own.
    pub(super) fn of(cause: Cause, visitor: &Visitor, m: &'static Messages) -> Option<Self> {
        let list = cause.list();
        let anchor = cause.anchor();
        let Cause { kind, count, is_minimum, retryable, first } = cause;
        let messages: Vec<_> = first.iter().map(|it| it.error_message.as_deref().unwrap_or_default()).collect();
        let (details, end) = match &kind {
            Kind::Unconfirmed => return None,
            Kind::ShippedDespite => (messages, ""),
            Kind::Obstacle(_) => shared_end(&messages),
        };
        let details: Vec<_> = details.into_iter().map(str::to_owned).collect();
        let (title, is_code, remedy) = match &kind {
            Kind::Obstacle(code) => (title_of(code), true, Some((end.to_owned(), true))),
            Kind::ShippedDespite | Kind::Unconfirmed => {
                (m.work.shipped_despite.to_owned(), false, Some((m.human_shipped_despite.to_owned(), false)))
            }
        };
        let may_retry = visitor.may(Operation::ActOnShipments) && visitor.may(Operation::RetryShipment);
        let again = match kind {
            Kind::Obstacle(code) if retryable > 0 && may_retry => Some(Again { code, count: retryable }),
            _ => None,
        };
        Some(Self {
            anchor,
            title,
            is_code,
            count,
            is_minimum,
            remedy: remedy.filter(|(text, _)| !text.is_empty()),
            has_details: details.iter().any(|detail| !detail.is_empty()),
            list: (count > first.len() as u64 || is_minimum).then_some(list),
            people: first.into_iter().zip(details).map(|(it, detail)| Stuck::new(it, detail, visitor, m)).collect(),
            again,
        })
    }
}

impl Stuck {
    fn new(summary: Summary, detail: String, visitor: &Visitor, m: &'static Messages) -> Self {
        let address = format!("/console/shipments/{}", summary.id);
        let is_watched = summary.phase == PhaseName::Cancelling && visitor.may(Verb::Recall.operation());
        Self {
            recall: is_watched.then(|| format!("{address}/{}", Verb::Recall.as_str())),
            address,
            person: summary.user.unwrap_or_else(|| m.unknown_person.to_owned()),
            state: (m.phase)(summary.phase),
            tone: tone(summary.phase),
            detail,
            since: summary.updated_at.into(),
        }
    }
}
