//! Rows of a batch on its page.

use keyferry_domain::ports::{RowFilter, StoreError};
use keyferry_domain::{BatchId, RowState};
use keyferry_engine::{BatchView, Engine, ResultRow};

use crate::human::human;
use crate::messages::Messages;
use crate::order_form::{Finding, of_row};
use crate::shipments::tone;
use crate::time::Instant;

/// Number of rows on a page.
const PAGE: u32 = 50;

/// Which rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    Errors,
    Findings,
    All,
}

impl Show {
    pub(super) const ALL: [Self; 3] = [Self::Errors, Self::Findings, Self::All];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Findings => "findings",
            Self::All => "all",
        }
    }

    /// Returns the wanted rows. Without a wish: those with errors, if there are any.
    pub(super) fn of(text: &str, view: &BatchView) -> Self {
        let wanted = Self::ALL.into_iter().find(|show| show.as_str() == text);
        wanted.unwrap_or(if view.rows.of(RowState::Invalid) > 0 { Self::Errors } else { Self::All })
    }

    pub(super) fn label(self, m: &Messages) -> &'static str {
        match self {
            Self::Errors => m.batches.show_errors,
            Self::Findings => m.batches.show_findings,
            Self::All => m.batches.show_all,
        }
    }

    fn filter(self) -> RowFilter {
        match self {
            Self::Errors => RowFilter { states: vec![RowState::Invalid, RowState::Refused], ..RowFilter::default() },
            Self::Findings => RowFilter { with_findings: true, ..RowFilter::default() },
            Self::All => RowFilter::default(),
        }
    }
}

/// Row on the page.
pub(super) struct RowLine {
    pub(super) number: u32,
    pub(super) key: Option<String>,
    pub(super) person: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    /// Address of the shipment, once the row is an order.
    pub(super) shipment: Option<String>,
    pub(super) tracking: Option<String>,
    pub(super) findings: Vec<Finding>,
    /// Who corrected it, and when.
    pub(super) changed: Option<(String, Instant)>,
}

/// Returns a page of rows, and the number after which the next one begins.
pub(super) async fn rows(
    engine: &Engine,
    batch: BatchId,
    show: Show,
    after: u32,
    m: &Messages,
) -> Result<(Vec<RowLine>, Option<u32>), StoreError> {
    let mut found = engine.batches.rows(batch, &show.filter(), after, PAGE + 1).await?;
    let has_more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| has_more).map(|row| row.row.row);
    Ok((found.into_iter().map(|row| line(row, m)).collect(), next))
}

fn line(ResultRow { row, shipment }: ResultRow, m: &Messages) -> RowLine {
    let (state, colour) = match (&shipment, row.state) {
        (Some(shipment), _) if shipment.awaits_address() => (m.batches.awaits_address, "busy"),
        (Some(shipment), _) => {
            let phase = shipment.phase().name();
            ((m.phase)(phase), tone(phase))
        }
        (None, state) => {
            let colour = match state {
                RowState::Ready => "good",
                RowState::Invalid | RowState::Refused => "bad",
                RowState::Queued => "busy",
                RowState::Cancelled => "off",
            };
            ((m.batches.row_state)(state), colour)
        }
    };
    RowLine {
        number: row.row,
        key: row.key.clone(),
        person: if row.user.is_empty() { m.unknown_person.to_owned() } else { row.user.clone() },
        state,
        tone: colour,
        shipment: (row.state == RowState::Queued).then(|| format!("/console/shipments/{}", row.shipment)),
        tracking: shipment.as_ref().and_then(|shipment| shipment.tracking_number().map(str::to_owned)),
        findings: row.findings().map(of_row).collect(),
        changed: row.changed.map(|change| (human(&change.by), change.at.into())),
    }
}
