//! Row of the list.

use keyferry_domain::PhaseName;
use keyferry_domain::ports::Summary;

use crate::messages::Messages;
use crate::time::Instant;

/// A shipment in the list.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) person: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) obstacle: Option<RowObstacle>,
    pub(super) needs_human: bool,
    pub(super) serial: Option<String>,
    pub(super) tracking: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) created: Instant,
    pub(super) deadline: Option<Instant>,
}

/// What keeps it from progressing.
pub(super) struct RowObstacle {
    pub(super) class: &'static str,
    pub(super) message: String,
}

impl Row {
    pub(super) fn new(summary: Summary, m: &'static Messages) -> Self {
        let phase = if summary.set_by_hand { PhaseName::Complete } else { summary.phase };
        let message = summary.error_message;
        let obstacle = summary
            .obstacle
            .map(|(class, code)| RowObstacle { class: (m.class)(class), message: message.unwrap_or(code) });
        Self {
            id: summary.id.to_string(),
            person: summary.user.unwrap_or_else(|| m.unknown_person.to_owned()),
            state: (m.phase)(phase),
            tone: tone(phase),
            obstacle,
            needs_human: summary.needs_human,
            serial: summary.serial.map(|serial| serial.to_string()),
            tracking: summary.tracking,
            reference: summary.reference,
            created: summary.created_at.into(),
            deadline: summary.deadline.map(Instant::from),
        }
    }
}

/// Returns the tone in which a phase is shown: the name of a class of the style sheet.
pub(crate) fn tone(phase: PhaseName) -> &'static str {
    match phase {
        PhaseName::Queued | PhaseName::Submitting => "quiet",
        PhaseName::Accepted | PhaseName::Fulfilled | PhaseName::Registered => "busy",
        PhaseName::Complete => "good",
        PhaseName::Unconfirmed | PhaseName::Refused => "bad",
        PhaseName::Cancelling | PhaseName::Cancelled => "off",
    }
}
