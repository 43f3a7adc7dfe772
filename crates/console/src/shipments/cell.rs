//! Cells of the list.

use keyferry_domain::PhaseName;
use keyferry_domain::ports::Summary;

use super::columns::Column;
use super::tone::tone;
use crate::messages::Messages;
use crate::time::Instant;

/// What the page shows in a cell.
pub(super) enum Cell {
    Empty,
    Text(String),
    /// An id or a number, in a fixed-width font.
    Id(String),
    Time(Instant),
    State(State),
}

/// State of a shipment, with what keeps it from progressing.
pub(super) struct State {
    pub(super) name: &'static str,
    pub(super) tone: &'static str,
    pub(super) needs_human: bool,
    /// Class of the obstacle, and its message in English.
    pub(super) obstacle: Option<(&'static str, String)>,
}

impl Cell {
    pub(super) fn new(column: Column, summary: &Summary, m: &'static Messages) -> Self {
        let id = |text: Option<String>| text.map_or(Self::Empty, Self::Id);
        let text = |text: Option<String>| text.map_or(Self::Empty, Self::Text);
        match column {
            Column::State => Self::State(State::new(summary, m)),
            Column::Serial => id(summary.serial.as_ref().map(ToString::to_string)),
            Column::Tracking => id(summary.tracking.clone()),
            Column::Reference => text(summary.reference.clone()),
            Column::Created => Self::Time(summary.created_at.into()),
            Column::Deadline => summary.deadline.map_or(Self::Empty, |at| Self::Time(at.into())),
            Column::Updated => Self::Time(summary.updated_at.into()),
            Column::NextAttempt => summary.next_attempt.map_or(Self::Empty, |at| Self::Time(at.into())),
            Column::NeededBy => text(summary.needed_by.map(m.date)),
            Column::NotBefore => text(summary.not_before.map(m.date)),
            Column::Country => text(summary.country.clone()),
            Column::Product => text(summary.product.map(|id| id.to_string())),
            Column::Batch => id(summary.batch.map(|batch| batch.to_string())),
            Column::Code => id(summary.obstacle.as_ref().map(|(_, code)| code.clone())),
            Column::Id => Self::Id(summary.id.to_string()),
            Column::DeliveryId => id(summary.delivery_id.as_ref().map(ToString::to_string)),
        }
    }
}

impl State {
    fn new(summary: &Summary, m: &'static Messages) -> Self {
        let phase = if summary.set_by_hand { PhaseName::Complete } else { summary.phase };
        let message = |code: &String| summary.error_message.clone().unwrap_or_else(|| code.clone());
        let obstacle = summary.obstacle.as_ref().map(|(class, code)| ((m.class)(*class), message(code)));
        Self { name: (m.phase)(phase), tone: tone(phase), needs_human: summary.needs_human, obstacle }
    }
}
