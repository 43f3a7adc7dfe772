//! What keeps a shipment from progressing.

use serde::{Deserialize, Serialize};

use crate::{Event, Timestamp};

/// What keeps a shipment from progressing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Obstacle {
    /// What it takes to progress.
    pub class: ObstacleClass,
    /// Stable code of the failure, kebab-case. The same code is the same obstacle.
    pub code: String,
    /// What happened, in which call, and what to do; for an operator. Never a secret or a PIN.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
    /// How often in a row it was met.
    pub attempts: u32,
    /// When the schedule tries again; `None` for a final obstacle.
    pub next_attempt: Option<Timestamp>,
    /// The event that tells it. Kept here so that a repetition can be counted on its row without reading the events.
    pub event: Event,
}

/// An obstacle as it was just met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObstacle {
    /// What it takes to progress.
    pub class: ObstacleClass,
    /// Stable code of the failure, kebab-case.
    pub code: String,
    /// What happened, in which call, and what to do; for an operator.
    pub message: String,
    /// The same without the single call, for the event: an obstacle that is met again with the same summary is counted there.
    pub summary: String,
    /// `client-request-id` of the call.
    pub correlation: Option<String>,
    /// When the schedule tries again; `None` for a final obstacle.
    pub next_attempt: Option<Timestamp>,
    /// When it was met.
    pub at: Timestamp,
}

/// What it takes to progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObstacleClass {
    /// Time: the next run tries again.
    Retry,
    /// An operator must fix something; every run checks again.
    Attention,
    /// It cannot succeed: nothing is called until an operator acts.
    Final,
}

impl ObstacleClass {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Retry, Self::Attention, Self::Final];

    /// As it is spelled in records and responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Attention => "attention",
            Self::Final => "final",
        }
    }

    /// The reverse of [`ObstacleClass::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}
