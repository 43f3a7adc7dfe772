//! Events of all shipments, newest first, with their authors: what an auditor reads.

use keyferry_domain::ports::{CURSOR, Cursor, EventCursor, EventFilter, RecordedEvent, StoreError};
use keyferry_domain::{Actor, Event, ShipmentId, ShipmentStore};

use super::feed::Events;
use super::notice::Notices;
use crate::context::Context;

/// Events that are read from the store at once.
const PAGE: u32 = 500;

/// Pages that one call reads at most, while it finds no event of the wanted author.
const MOST_PAGES: usize = 20;

/// Conditions on the events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Kinds and time.
    pub events: EventFilter,
    /// Shipment: Keyferry's id or the delivery service's.
    pub shipment: Option<String>,
    /// Part of the name or the id of the human or the application, `processing`, or `edited by hand`.
    pub actor: Option<String>,
}

/// Part of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// Events, newest first.
    pub events: Vec<HistoryEvent>,
    /// Position of the next page. `None` at the end. A page can have few events, or none, and still have a next page.
    pub next: Option<Cursor>,
    /// Events that cannot be read, with the problem.
    pub unreadable: Vec<(String, String)>,
}

/// Event of a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEvent {
    /// Shipment.
    pub shipment: ShipmentId,
    /// Event.
    pub event: Event,
    /// User for whom the key was ordered, as the caller named it.
    pub user: Option<String>,
}

impl Events {
    /// Returns up to `limit` events, newest first. Those of deleted shipments do not exist any more.
    ///
    /// # Errors
    /// The error of the store; see [`StoreError::is_of_cursor`].
    pub async fn history(
        &self,
        filter: &HistoryFilter,
        before: Option<&Cursor>,
        limit: u32,
    ) -> Result<HistoryPage, StoreError> {
        let context = self.context();
        let store = context.ports.shipments.as_ref();
        let (found, next, unreadable) = match &filter.shipment {
            Some(id) => {
                let (found, next) = of_shipment(context, id, filter, before, limit).await?;
                (found, next, Vec::new())
            }
            None => of_all(store, filter, before, limit).await?,
        };
        let notices = Notices(store).of(&found).await?;
        let events = found.into_iter().zip(notices);
        let events = events.map(|(RecordedEvent { shipment, event, .. }, notice)| HistoryEvent {
            shipment,
            event,
            user: notice.data.user,
        });
        Ok(HistoryPage { events: events.collect(), next, unreadable })
    }
}

type Found = (Vec<RecordedEvent>, Option<Cursor>, Vec<(String, String)>);

async fn of_all(
    store: &dyn ShipmentStore,
    filter: &HistoryFilter,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<Found, StoreError> {
    let (mut found, mut unreadable, mut next) = (Vec::new(), Vec::new(), before.cloned());
    for _ in 0..MOST_PAGES {
        let size = if filter.actor.is_some() { PAGE } else { limit.min(PAGE) };
        let page = store.events_before(next.as_ref(), &filter.events, size).await?;
        unreadable.extend(page.broken);
        for event in page.items.into_iter().filter(|event| filter.is_by(&event.event.actor)) {
            if found.len() == limit as usize {
                let last = found.last().map(|last: &RecordedEvent| Cursor(last.cursor.0.clone()));
                return Ok((found, last, unreadable));
            }
            found.push(event);
        }
        next = page.next;
        if next.is_none() || found.len() == limit as usize {
            break;
        }
    }
    Ok((found, next, unreadable))
}

/// Returns the events of one shipment. The position is the number of the event.
async fn of_shipment(
    context: &Context,
    id: &str,
    filter: &HistoryFilter,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<(Vec<RecordedEvent>, Option<Cursor>), StoreError> {
    let end: u32 = match before {
        None => u32::MAX,
        Some(Cursor(text)) => text.parse().map_err(|_| StoreError::Broken {
            id: CURSOR.into(),
            reason: "it is not the number of an event; restart without a cursor".into(),
        })?,
    };
    let Some(stored) = context.look_up(id).await? else { return Ok((Vec::new(), None)) };
    let (shipment, mut events) = (stored.shipment().id(), Vec::<Event>::new());
    loop {
        let after = events.last().map_or(0, |last| last.seq);
        let page = context.ports.shipments.events(shipment, after, PAGE).await?;
        if page.is_empty() {
            break;
        }
        events.extend(page);
    }
    let wanted = |event: &Event| event.seq < end && filter.events.matches(event) && filter.is_by(&event.actor);
    let mut found: Vec<_> = events.into_iter().rev().filter(wanted).collect();
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| has_more).map(|last| Cursor(last.seq.to_string()));
    let recorded = |event: Event| RecordedEvent { cursor: EventCursor(event.seq.to_string()), shipment, event };
    Ok((found.into_iter().map(recorded).collect(), next))
}

impl HistoryFilter {
    fn is_by(&self, actor: &Actor) -> bool {
        let Some(wanted) = &self.actor else { return true };
        let wanted = wanted.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        match actor {
            Actor::Caller(caller) => {
                let user = caller.user.as_ref();
                let texts = user.map(|user| [Some(&user.object_id), user.user_name.as_ref(), user.name.as_ref()]);
                has(caller.application.as_str()) || texts.into_iter().flatten().flatten().any(|text| has(text))
            }
            Actor::Processing | Actor::Record => has(&actor.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use keyferry_domain::{ActingUser, Caller, CallerId};

    use super::*;

    #[test]
    fn author_is_found_by_name_account_id_and_application() {
        let user = ActingUser {
            object_id: "0a1b".into(),
            user_name: Some("Grace@contoso.example".into()),
            name: Some("Grace Hopper".into()),
        };
        let human = Actor::Caller(Caller { application: CallerId::new("portal"), user: Some(user) });
        let is_by = |text: &str, actor: &Actor| {
            HistoryFilter { actor: Some(text.into()), ..HistoryFilter::default() }.is_by(actor)
        };
        for text in ["hopper", "grace@CONTOSO", "0a1b", "portal"] {
            assert!(is_by(text, &human) && !is_by(text, &Actor::Processing), "{text}");
        }
        assert!(!is_by("caller", &human) && is_by("process", &Actor::Processing) && is_by("hand", &Actor::Record));
        assert!(HistoryFilter::default().is_by(&human));
    }
}
