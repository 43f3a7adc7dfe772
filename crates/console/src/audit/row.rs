//! Row of the list, and of the files.

use keyferry_domain::{Actor, Caller, ShipmentId, time_text};
use keyferry_engine::HistoryEvent;
use keyferry_evidence::Standing;

use crate::messages::Messages;
use crate::shipment::event_tone;
use crate::time::Instant;

/// Event in the list.
pub(super) struct Row {
    pub(super) at: Instant,
    pub(super) title: &'static str,
    pub(super) tone: &'static str,
    /// Human, or what acted without one.
    pub(super) who: String,
    /// Account of the human, if the name is shown.
    pub(super) account: Option<String>,
    /// Application through which the human or the application itself acted.
    pub(super) application: Option<String>,
    pub(super) person: String,
    /// `None`: it is an event of the organisation.
    pub(super) shipment: Option<String>,
    pub(super) number: u32,
    /// In English, from the engine.
    pub(super) detail: String,
    pub(super) repeated: Option<(u32, Instant)>,
    pub(super) correlation: Option<String>,
    pub(super) standing: Mark,
}

/// How the event stands in the chain.
pub(super) struct Mark {
    pub(super) text: &'static str,
    pub(super) tone: &'static str,
    /// Position in the chain, or the reason in English.
    pub(super) note: String,
}

impl Row {
    pub(super) fn new(event: HistoryEvent, standing: Option<Standing>, m: &'static Messages) -> Self {
        let HistoryEvent { shipment, event, user } = event;
        let (who, account, application) = match &event.actor {
            Actor::Caller(Caller { application, user: None }) => {
                (m.audit.application.to_owned(), None, Some(application))
            }
            Actor::Caller(Caller { application, user: Some(user) }) => {
                let account = user.user_name.as_deref().unwrap_or(&user.object_id).to_owned();
                let (who, account) = match &user.name {
                    Some(name) => (name.clone(), Some(account)),
                    None => (account, None),
                };
                (who, account, Some(application))
            }
            Actor::Processing => (m.by_processing.to_owned(), None, None),
            Actor::Record => (m.by_hand.to_owned(), None, None),
        };
        Self {
            at: event.at.into(),
            title: (m.event)(event.kind),
            tone: event_tone(event.kind),
            who,
            account,
            application: application.map(ToString::to_string),
            person: user.unwrap_or_else(|| m.unknown_person.to_owned()),
            shipment: (shipment != ShipmentId::ORGANISATION).then(|| shipment.to_string()),
            number: event.seq,
            repeated: (event.times > 1).then(|| (event.times, event.last_at.into())),
            detail: event.detail,
            correlation: event.correlation,
            standing: Mark::of(standing, m),
        }
    }
}

impl Mark {
    fn of(standing: Option<Standing>, m: &'static Messages) -> Self {
        let t = m.audit;
        match standing {
            Some(Standing::Intact(head)) => Self { text: t.intact, tone: "good", note: head.position.to_string() },
            Some(Standing::Missing) => Self { text: t.not_in_chain, tone: "bad", note: String::new() },
            Some(Standing::Changed(reason)) => Self { text: t.changed, tone: "bad", note: reason.to_owned() },
            None => Self { text: t.not_compared, tone: "alert", note: String::new() },
        }
    }

    pub(super) fn is_bad(&self) -> bool {
        self.tone == "bad"
    }
}

/// Columns of the files.
pub(super) const COLUMNS: [&str; 15] = [
    "at",
    "kind",
    "shipment",
    "event",
    "user",
    "actor",
    "human_name",
    "human_account",
    "human_id",
    "application",
    "detail",
    "correlation",
    "times",
    "last_at",
    "unreadable",
];

/// Returns the cells of an event, in the order of [`COLUMNS`].
pub(super) fn cells(event: &HistoryEvent) -> [String; 15] {
    let HistoryEvent { shipment, event, user } = event;
    let (actor, caller) = match &event.actor {
        Actor::Caller(caller) => ("caller", Some(caller)),
        Actor::Processing => ("processing", None),
        Actor::Record => ("edited by hand", None),
    };
    let human = caller.and_then(|caller| caller.user.as_ref());
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    [
        time_text(event.at),
        event.kind.as_str().to_owned(),
        shipment.to_string(),
        event.seq.to_string(),
        text(user.as_ref()),
        actor.to_owned(),
        text(human.and_then(|human| human.name.as_ref())),
        text(human.and_then(|human| human.user_name.as_ref())),
        text(human.map(|human| &human.object_id)),
        caller.map(|caller| caller.application.to_string()).unwrap_or_default(),
        event.detail.clone(),
        text(event.correlation.as_ref()),
        event.times.to_string(),
        time_text(event.last_at),
        String::new(),
    ]
}

/// Returns the cells of an event that cannot be read.
pub(super) fn unreadable(id: &str, reason: &str) -> [String; 15] {
    COLUMNS.map(|column| match column {
        "shipment" => id.to_owned(),
        "unreadable" => reason.to_owned(),
        _ => String::new(),
    })
}
