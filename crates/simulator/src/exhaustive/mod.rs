//! Every call, every way: one shipment from the order to its PIN, with each fault at each position, singly and in
//! pairs.
//!
//! A position is a call of a port. Between two calls the engine changes nothing outside of its process, so a kill
//! before and after each call is a kill at each of its await points.

mod others;
mod report;
mod story;
mod ways;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use keyferry_testkit::outside::Call;

pub use self::others::{Mixed, all_mixed};
pub use self::report::{Case, Failed, Report};
pub use self::story::{Played, Way as Story, play};
pub use self::ways::{Fault, Ways};
use crate::bugs::Bug;
use crate::stage::block_on;

/// Which pairs of faults to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// Crashes, refusals and lost answers, the second one at most this number of calls after the first.
    Near(usize),
    /// All faults at all positions.
    All,
}

/// Plays the story once without faults, and returns its calls.
pub fn positions(story: Story, seed: u64) -> Vec<Call> {
    let played = block_on(play(story, seed, None, &[]));
    assert!(played.findings.is_empty(), "the story itself is judged: {:?}", played.findings);
    played.calls
}

/// Plays each fault at each position.
pub fn singles(story: Story, seed: u64) -> Report {
    let calls = positions(story, seed);
    let mut cases = Vec::new();
    for (position, call) in calls.into_iter().enumerate() {
        cases.extend(Ways::of(call).all().into_iter().map(|fault| vec![(position, fault)]));
    }
    played(story, seed, cases)
}

/// Plays single faults until one shows the planted bug.
pub fn find(story: Story, seed: u64, bug: Bug) -> Option<Failed> {
    for (position, call) in positions(story, seed).into_iter().enumerate() {
        for fault in Ways::of(call).worst() {
            let faults = vec![(position, fault)];
            let findings = block_on(play(story, seed, Some(bug), &faults)).findings;
            if !findings.is_empty() {
                return Some(Failed { case: Case { story, seed, faults }, findings });
            }
        }
    }
    None
}

/// Plays pairs of faults. The second position counts in the run with the first fault, so it is also a call that is made
/// only because of the first.
pub fn pairs(story: Story, seed: u64, which: Pairs) -> Report {
    let calls = positions(story, seed);
    let first = |call: Call| match which {
        Pairs::Near(_) => Ways::of(call).worst(),
        Pairs::All => Ways::of(call).all(),
    };
    let firsts: Vec<_> = calls
        .into_iter()
        .enumerate()
        .flat_map(|(at, call)| first(call).into_iter().map(move |way| (at, way)))
        .collect();
    let reach = match which {
        Pairs::Near(reach) => reach,
        Pairs::All => usize::MAX,
    };
    let cases = Mutex::new(Vec::new());
    on_threads(firsts, |(at, fault)| {
        let after = replay(story, seed, &[(at, fault)]).calls;
        let near = after.into_iter().enumerate().skip(at + 1).take(reach);
        let seconds = near.flat_map(|(second, call)| first(call).into_iter().map(move |way| (second, way)));
        let mut own: Vec<_> = seconds.map(|second| vec![(at, fault), second]).collect();
        cases.lock().unwrap().append(&mut own);
    });
    let mut cases = cases.into_inner().unwrap();
    cases.sort();
    played(story, seed, cases)
}

/// Plays one case, as named by [`Case`].
pub fn replay(story: Story, seed: u64, case: &[(usize, Fault)]) -> Played {
    block_on(play(story, seed, None, case))
}

fn played(story: Story, seed: u64, cases: Vec<Vec<(usize, Fault)>>) -> Report {
    let mut report = Report { cases: cases.len(), ..Report::default() };
    let (failed, ends) = (Mutex::new(Vec::new()), Mutex::new(BTreeMap::new()));
    on_threads(cases, |case| {
        let played = block_on(play(story, seed, None, &case));
        *ends.lock().unwrap().entry(played.end).or_default() += 1;
        if !played.findings.is_empty() {
            let case = Case { story, seed, faults: case };
            failed.lock().unwrap().push(Failed { case, findings: played.findings });
        }
    });
    report.failed = failed.into_inner().unwrap();
    report.failed.sort_by(|one, other| one.case.faults.cmp(&other.case.faults));
    report.ends = ends.into_inner().unwrap();
    report
}

/// Works on all items, on each processor of this machine.
fn on_threads<T: Send + Sync + Clone>(items: Vec<T>, work: impl Fn(T) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item.clone());
                }
            });
        }
    });
}
