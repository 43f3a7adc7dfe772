//! The funnel: how many shipments reached each step, and how many are in it now.

use keyferry_domain::PhaseName;
use keyferry_domain::ports::Counts;

use crate::messages::Messages;

/// Width of the longest bar, in units of the drawing.
const WIDTH: u64 = 1000;

/// A step of the way.
pub(super) struct Step {
    pub(super) label: &'static str,
    /// Shipments in this step or a later one.
    pub(super) reached: u64,
    /// Shipments in this step.
    pub(super) now: u64,
    /// Address of the list of the shipments in this step.
    pub(super) list: String,
    /// Length of the bar of `reached`.
    pub(super) reached_width: u64,
    /// Length of the part of the bar for `now`.
    pub(super) now_width: u64,
}

/// A phase outside of the way.
pub(super) struct Aside {
    pub(super) label: &'static str,
    pub(super) count: u64,
    pub(super) list: String,
}

type Label = fn(&Messages) -> &'static str;

/// Steps in order. Each phase of the way is in one of them.
const STEPS: [(Label, &[PhaseName]); 5] = [
    (|m| m.step_ordered, &[PhaseName::Queued, PhaseName::Submitting, PhaseName::Unconfirmed]),
    (|m| m.step_being_made, &[PhaseName::Accepted]),
    (|m| m.step_shipped, &[PhaseName::Fulfilled]),
    (|m| m.step_registered, &[PhaseName::Registered]),
    (|m| m.step_complete, &[PhaseName::Complete]),
];

const ASIDE: [&[PhaseName]; 2] = [&[PhaseName::Refused], &[PhaseName::Cancelling, PhaseName::Cancelled]];

fn count(counts: &Counts, phases: &[PhaseName]) -> u64 {
    counts.0.iter().filter(|((phase, _), _)| phases.contains(phase)).map(|(_, count)| count).sum()
}

/// Returns the address of a list. `all`: address of the list of all shipments that are counted.
fn list(phases: &[PhaseName], all: &str) -> String {
    let mut names: Vec<_> = phases.iter().map(|phase| phase.shown()).collect();
    names.dedup();
    let separator = if all.contains('?') { '&' } else { '?' };
    format!("{all}{separator}phase={}", names.join("%2C"))
}

/// Returns the steps. `all`: address of the list of all shipments that are counted.
pub(super) fn steps(counts: &Counts, all: &str, m: &'static Messages) -> Vec<Step> {
    let list = |phases| list(phases, all);
    let now = STEPS.map(|(_, phases)| count(counts, phases));
    let sum: u64 = now.iter().sum();
    let width = |count: u64| (count * WIDTH).checked_div(sum).unwrap_or_default();
    STEPS
        .iter()
        .enumerate()
        .map(|(index, (label, phases))| {
            let reached = now.iter().skip(index).sum();
            let now = now.get(index).copied().unwrap_or_default();
            let list = list(phases);
            Step { label: label(m), reached, now, list, reached_width: width(reached), now_width: width(now) }
        })
        .collect()
}

/// Returns the phases that are not part of the way, if they occur.
pub(super) fn asides(counts: &Counts, all: &str, m: &'static Messages) -> Vec<Aside> {
    let aside = |phases: &&[PhaseName]| {
        let label = phases.first().map_or("", |phase| (m.phase)(*phase));
        Aside { label, count: count(counts, phases), list: list(phases, all) }
    };
    ASIDE.iter().map(aside).filter(|aside| aside.count > 0).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use keyferry_domain::ObstacleClass;

    use super::*;
    use crate::messages::Language;

    const LIST: &str = "/console/shipments";

    #[test]
    fn each_phase_is_counted_once() {
        let counts: BTreeMap<_, _> = PhaseName::ALL.into_iter().map(|phase| ((phase, None), 1)).collect();
        let m = Language::English.messages();
        let (steps, asides) = (steps(&Counts(counts.clone()), LIST, m), asides(&Counts(counts), LIST, m));
        let sum: u64 = steps.iter().map(|step| step.now).chain(asides.iter().map(|aside| aside.count)).sum();
        assert_eq!(sum, PhaseName::ALL.len() as u64);
    }

    #[test]
    fn steps_include_later_ones() {
        let stuck = Some((ObstacleClass::Attention, "no-manager".to_owned()));
        let counts = [
            ((PhaseName::Accepted, None), 3),
            ((PhaseName::Registered, None), 1),
            ((PhaseName::Registered, stuck), 1),
            ((PhaseName::Complete, None), 5),
            ((PhaseName::Cancelled, None), 7),
        ];
        let counts = Counts(counts.into_iter().collect());
        let m = Language::English.messages();
        let filtered = steps(&counts, "/console/shipments?product=1", m);
        assert_eq!(filtered[1].list, "/console/shipments?product=1&phase=accepted");
        let steps = steps(&counts, LIST, m);
        assert_eq!(steps.iter().map(|step| step.reached).collect::<Vec<_>>(), [10, 10, 7, 7, 5]);
        assert_eq!(steps.iter().map(|step| step.now).collect::<Vec<_>>(), [0, 3, 0, 2, 5]);
        assert_eq!(steps.iter().map(|step| step.reached_width).collect::<Vec<_>>(), [1000, 1000, 700, 700, 500]);
        assert_eq!(steps[0].list, "/console/shipments?phase=queued%2Csubmitting%2Cunconfirmed");
        let asides = asides(&counts, LIST, m);
        assert_eq!((asides.len(), asides[0].count), (1, 7));
        assert_eq!(asides[0].list, "/console/shipments?phase=cancelled");
    }

    #[test]
    fn nothing_ordered_has_no_bars() {
        assert!(
            steps(&Counts::default(), LIST, Language::German.messages()).iter().all(|step| step.reached_width == 0)
        );
    }
}
