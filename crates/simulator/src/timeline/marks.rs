//! Marks: what of a trace is shown, with neighbours put together.

use chrono::TimeDelta;
use keyferry_domain::{ShipmentId, Timestamp};

use super::lanes::Lane;
use crate::judge::Finding;
use crate::trace::{Ended, ReplicaEvent, Step, What};

/// Time before the first step of the shipment that is shown.
const BEFORE: TimeDelta = TimeDelta::minutes(10);

/// Most names of calls in one mark.
const NAMES: usize = 6;

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) at: Timestamp,
    pub(super) lane: Lane,
    /// Whether it belongs to the shipment of the finding.
    pub(super) own: bool,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Calls of the replica in `from`, which follow each other.
    Calls {
        from: Option<Lane>,
        names: Vec<String>,
        count: usize,
        ended: Ended,
        fault: Option<&'static str>,
    },
    Replica(String),
    Life(String),
    Finding(String),
}

/// Returns the marks of a trace.
pub(super) fn marks(steps: &[Step], finding: Option<&Finding>) -> Vec<Mark> {
    let wanted = finding.and_then(|finding| finding.shipment);
    let mut marks = Vec::<Mark>::new();
    // What happened to others long before says nothing about this shipment.
    let first = steps.iter().find(|step| step.shipment.is_some() && step.shipment == wanted);
    let begin = first.map_or(Timestamp::MIN_UTC, |step| step.at - BEFORE);
    for step in steps.iter().filter(|step| step.at >= begin) {
        let Some(mark) = mark(step, wanted) else { continue };
        match marks.last_mut() {
            Some(last) if joins(last, &mark) => join(last, mark),
            _ => marks.push(mark),
        }
    }
    if let Some(finding) = finding
        && !marks.iter().any(|mark| mark.kind == Kind::Finding(finding.to_string()))
        && let Some(last) = marks.last()
    {
        let kind = Kind::Finding(finding.to_string());
        marks.push(Mark { at: last.at, lane: Lane::Life, own: true, kind });
    }
    marks
}

fn mark(step: &Step, wanted: Option<ShipmentId>) -> Option<Mark> {
    let own = step.shipment.is_some() && (wanted.is_none() || step.shipment == wanted);
    let from = step.replica.map(Lane::Replica);
    let (lane, kind) = match &step.what {
        // A poll that is answered, or whose task ended.
        What::Call { fault: None, .. } | What::Call { ended: Ended::Answered, .. } if step.shipment.is_none() => {
            return None;
        }
        What::Call { call, fault, ended } => {
            let names = vec![format!("{call:?}")];
            let fault = fault.as_ref().map(|fault| fault.what);
            (Lane::of(*call), Kind::Calls { from, names, count: 1, ended: *ended, fault })
        }
        What::Replica(event) => (from.unwrap_or(Lane::Life), Kind::Replica(event_text(event))),
        What::Life(text) => (Lane::Life, Kind::Life(text.clone())),
        What::Finding(finding) => (Lane::Life, Kind::Finding(finding.to_string())),
    };
    Some(Mark { at: step.at, lane, own, kind })
}

fn event_text(event: &ReplicaEvent) -> String {
    What::Replica(event.clone()).to_string()
}

/// Returns whether both are calls of one replica to one party, of the same shipment, that were answered.
fn joins(last: &Mark, next: &Mark) -> bool {
    let plain = |mark: &Mark| match &mark.kind {
        Kind::Calls { from, ended: Ended::Answered, fault: None, .. } => Some(*from),
        _ => None,
    };
    let near = (next.at - last.at).num_seconds() < 60;
    near && last.lane == next.lane && last.own == next.own && plain(last).is_some() && plain(last) == plain(next)
}

fn join(last: &mut Mark, next: Mark) {
    let (Kind::Calls { names, count, .. }, Kind::Calls { names: more, count: others, .. }) =
        (&mut last.kind, next.kind)
    else {
        return;
    };
    *count += others;
    for name in more {
        if names.len() < NAMES && !names.contains(&name) {
            names.push(name);
        }
    }
}

impl Mark {
    /// Returns what happened, in one line.
    pub(super) fn line(&self) -> String {
        match &self.kind {
            Kind::Calls { names, count, ended, fault, .. } => {
                let mut line = names.join(", ");
                if *count > names.len() {
                    line = format!("{line} ({count} calls)");
                }
                match ended {
                    Ended::Answered => {}
                    Ended::Failed => line.push_str(": failed"),
                    Ended::Never => line.push_str(": never returned"),
                }
                if let Some(fault) = fault {
                    line = format!("{line} [fault: {fault}]");
                }
                line
            }
            Kind::Replica(text) | Kind::Life(text) | Kind::Finding(text) => text.clone(),
        }
    }
}
