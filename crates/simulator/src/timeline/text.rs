//! Trace as text for a human.

use std::fmt::Write as _;

use chrono::TimeDelta;

use super::lanes::Lane;
use super::marks::{Kind, marks};
use crate::judge::Finding;
use crate::trace::Step;

/// Returns the trace as text: the time since the begin, who did it to whom, and what happened. Lines of the finding's
/// shipment begin with `*`.
pub fn text(steps: &[Step], finding: Option<&Finding>) -> String {
    let mut text = String::new();
    if let Some(finding) = finding {
        let _ = writeln!(text, "{finding}");
        if let Some(id) = finding.shipment {
            let _ = writeln!(text, "shipment {id}: lines with *");
        }
        text.push('\n');
    }
    let marks = marks(steps, finding);
    let Some(begin) = marks.first().map(|mark| mark.at) else { return text };
    let mut last = begin;
    for mark in &marks {
        if mark.at - last >= TimeDelta::minutes(5) {
            let _ = writeln!(text, "           ... {} later", pause(mark.at - last));
        }
        last = mark.at;
        let own = if mark.own { '*' } else { ' ' };
        let who = match &mark.kind {
            Kind::Calls { from: Some(from), .. } => format!("{} -> {}", from.name(), mark.lane.name()),
            Kind::Calls { from: None, .. } | Kind::Replica(_) => mark.lane.name(),
            Kind::Life(_) => Lane::Life.name(),
            Kind::Finding(_) => "JUDGE".to_owned(),
        };
        let _ = writeln!(text, "{own} {:>12}  {who}: {}", clock(mark.at - begin), mark.line());
    }
    text
}

/// Returns a time since the begin, for example `2d 03:15:00`.
pub(super) fn clock(since: TimeDelta) -> String {
    let seconds = since.num_seconds();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let day = if days == 0 { String::new() } else { format!("{days}d ") };
    format!("{day}{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

/// Returns a length of time in its largest unit.
pub(super) fn pause(time: TimeDelta) -> String {
    match (time.num_days(), time.num_hours(), time.num_minutes()) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, _) => format!("{hours} h"),
        (days, ..) => format!("{days} days"),
    }
}
