//! Causes for which shipments need a human, and the shipments.

use std::collections::BTreeMap;

use keyferry_domain::ports::{Counts, ShipmentFilter, ShipmentSort, StoreError, Summary};
use keyferry_domain::{ObstacleClass, PhaseName};
use keyferry_engine::Engine;
use url::form_urlencoded::byte_serialize;

/// Most causes of which shipments are read. The others are counted only.
const MOST_READ: usize = 12;

/// Most cancelled shipments whose key exists that are counted one by one.
const MOST_CANCELLED: u32 = 100;

/// Phases in which a shipment can be tried again.
pub(super) const RETRYABLE: [PhaseName; 4] =
    [PhaseName::Queued, PhaseName::Accepted, PhaseName::Fulfilled, PhaseName::Registered];

/// Classes of obstacles that time alone does not remove.
const STOPPING: [ObstacleClass; 2] = [ObstacleClass::Attention, ObstacleClass::Final];

/// What shipments have in common that need a human.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The response to the order was lost.
    Unconfirmed,
    /// The order was cancelled, and its key exists all the same.
    ShippedDespite,
    /// The obstacle has this code.
    Obstacle(String),
}

/// Shipments that need a human for the same reason.
pub(crate) struct Cause {
    pub(crate) kind: Kind,
    pub(crate) count: u64,
    /// Whether there may be more.
    pub(crate) is_minimum: bool,
    /// How many of them can be tried again.
    pub(crate) retryable: u64,
    /// Those that changed last. Empty for rare causes.
    pub(crate) first: Vec<Summary>,
}

impl Cause {
    /// Returns the address of their list.
    pub(crate) fn list(&self) -> String {
        let (name, value) = match &self.kind {
            Kind::Unconfirmed => ("phase", PhaseName::Unconfirmed.shown()),
            Kind::ShippedDespite => ("phase", PhaseName::Cancelling.shown()),
            Kind::Obstacle(code) => ("code", code.as_str()),
        };
        let value: String = byte_serialize(value.as_bytes()).collect();
        format!("/console/shipments?{name}={value}&needs_human=true")
    }

    /// Returns the id of its section in the work list.
    pub(crate) fn anchor(&self) -> String {
        match &self.kind {
            Kind::Unconfirmed => "unconfirmed".to_owned(),
            Kind::ShippedDespite => "shipped-despite-cancellation".to_owned(),
            Kind::Obstacle(code) => anchor(code),
        }
    }
}

/// Returns a code as words, in English: `no-manager` is "No manager".
pub(crate) fn title_of(code: &str) -> String {
    let words = code.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn anchor(code: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    format!("cause-{}", code.chars().map(letter).collect::<String>())
}

/// Returns the causes: first those with a key that may be on its way unnoticed, then the most frequent. Of each, the
/// `most` shipments that changed last.
pub(crate) async fn causes(
    engine: &Engine,
    seen: &ShipmentFilter,
    counts: &Counts,
    most: u32,
) -> Result<Vec<Cause>, StoreError> {
    let mut causes = Vec::new();
    let unconfirmed = unconfirmed(counts);
    if unconfirmed > 0 {
        let filter = visible(seen, ShipmentFilter::phases(&[PhaseName::Unconfirmed]));
        let first = engine.views.list(&filter, ShipmentSort::Updated, None, most).await?.items;
        let (kind, count) = (Kind::Unconfirmed, unconfirmed);
        causes.push(Cause { kind, count, is_minimum: false, retryable: 0, first });
    }
    causes.extend(shipped_despite(engine, seen, most).await?);
    let mut by_code: Vec<_> = by_code(counts).into_iter().collect();
    by_code.sort_by_key(|(_, stopped)| std::cmp::Reverse(stopped.count));
    for (index, (code, stopped)) in by_code.into_iter().enumerate() {
        let first = if index < MOST_READ { first(engine, seen, &code, &stopped, most).await? } else { Vec::new() };
        let Stopped { count, retryable, .. } = stopped;
        causes.push(Cause { kind: Kind::Obstacle(code), count, is_minimum: false, retryable, first });
    }
    Ok(causes)
}

fn visible(seen: &ShipmentFilter, filter: ShipmentFilter) -> ShipmentFilter {
    ShipmentFilter { requested_by: seen.requested_by.clone(), ..filter }
}

fn stops(obstacle: &Option<(ObstacleClass, String)>) -> Option<&str> {
    obstacle.as_ref().filter(|(class, _)| STOPPING.contains(class)).map(|(_, code)| code.as_str())
}

/// Shipments with the same code, and the phases in which they are.
#[derive(Default)]
struct Stopped {
    count: u64,
    retryable: u64,
    phases: Vec<PhaseName>,
}

fn by_code(counts: &Counts) -> BTreeMap<String, Stopped> {
    let mut by_code = BTreeMap::<String, Stopped>::new();
    for ((phase, obstacle), count) in &counts.0 {
        if let Some(code) = stops(obstacle) {
            let stopped = by_code.entry(code.to_owned()).or_default();
            stopped.count += count;
            stopped.retryable += if RETRYABLE.contains(phase) { *count } else { 0 };
            stopped.phases.push(*phase);
        }
    }
    by_code
}

/// Counts unconfirmed orders that are not in [`by_code`].
fn unconfirmed(counts: &Counts) -> u64 {
    let of = counts.0.iter();
    let of = of.filter(|((phase, obstacle), _)| *phase == PhaseName::Unconfirmed && stops(obstacle).is_none());
    of.map(|(_, count)| count).sum()
}

/// Returns the shipments with this code that changed last. With the phases, the store looks the few up instead of
/// walking all shipments.
async fn first(
    engine: &Engine,
    seen: &ShipmentFilter,
    code: &str,
    stopped: &Stopped,
    most: u32,
) -> Result<Vec<Summary>, StoreError> {
    let filter = ShipmentFilter {
        obstacles: STOPPING.map(Some).to_vec(),
        codes: vec![code.to_owned()],
        ..visible(seen, ShipmentFilter::phases(&stopped.phases))
    };
    Ok(engine.views.list(&filter, ShipmentSort::Updated, None, most).await?.items)
}

/// Returns the cancelled shipments whose key exists, and that are not in [`by_code`].
async fn shipped_despite(engine: &Engine, seen: &ShipmentFilter, most: u32) -> Result<Option<Cause>, StoreError> {
    let filter =
        ShipmentFilter { needs_human: true, ..visible(seen, ShipmentFilter::phases(&[PhaseName::Cancelling])) };
    let page = engine.views.list(&filter, ShipmentSort::Updated, None, MOST_CANCELLED).await?;
    let mut first: Vec<_> = page.items.into_iter().filter(|summary| stops(&summary.obstacle).is_none()).collect();
    let count = first.len() as u64;
    first.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let is_minimum = page.next.is_some();
    Ok((count > 0).then_some(Cause { kind: Kind::ShippedDespite, count, is_minimum, retryable: 0, first }))
}

/// Splits texts into what is special to each and their common end, which begins with a sentence: engines' messages name
/// first what happened, then what to do.
pub(super) fn shared_end<'a>(texts: &[&'a str]) -> (Vec<&'a str>, &'a str) {
    let Some((first, others)) = texts.split_first() else { return (Vec::new(), "") };
    if let (true, Some((happened, end))) = (others.is_empty(), first.split_once(". ")) {
        // Nothing to compare with: the first sentence names what happened.
        let happened = first.get(..=happened.len()).unwrap_or(first);
        return (vec![happened], end);
    }
    let is_begin = |at: usize| at == 0 || first.get(..at).is_some_and(|before| before.ends_with(". "));
    let begins = first.char_indices().map(|(at, _)| at).filter(|at| is_begin(*at));
    let mut ends = begins.filter_map(|at| first.get(at..));
    let shared = |end: &&str| {
        others.iter().all(|other| {
            let own = other.strip_suffix(*end);
            own.is_some_and(|own| own.is_empty() || own.ends_with(". "))
        })
    };
    let end = ends.find(shared).unwrap_or_default();
    (texts.iter().map(|text| text.strip_suffix(end).unwrap_or(text).trim_end()).collect(), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_is_shared_and_what_happened_is_not() {
        let texts = ["Ada has no manager. Enter the manager.", "Alan has no manager. Enter the manager."];
        let special = vec!["Ada has no manager.", "Alan has no manager."];
        assert_eq!(shared_end(&texts), (special, "Enter the manager."));
        assert_eq!(shared_end(&["The same. Do it.", "The same. Do it."]), (vec!["", ""], "The same. Do it."));
        assert_eq!(shared_end(&["One."]), (vec![""], "One."));
        assert_eq!(shared_end(&["Ada left. Wait. Then ask."]), (vec!["Ada left."], "Wait. Then ask."));
        // Not within a sentence or a word.
        assert_eq!(shared_end(&["a b", "c b"]), (vec!["a b", "c b"], ""));
        assert_eq!(shared_end(&["No. Wait.", "Wait."]), (vec!["No.", ""], "Wait."));
        assert_eq!(shared_end(&[]), (Vec::new(), ""));
    }

    #[test]
    fn shipments_are_counted_by_code_and_only_if_time_does_not_help() {
        let met = |class, code: &str| Some((class, code.to_owned()));
        let counts = [
            ((PhaseName::Accepted, met(ObstacleClass::Retry, "slow")), 9),
            ((PhaseName::Registered, met(ObstacleClass::Attention, "no-manager")), 3),
            ((PhaseName::Cancelling, met(ObstacleClass::Final, "no-manager")), 2),
            ((PhaseName::Unconfirmed, None), 4),
        ];
        let counts = Counts(counts.into_iter().collect());
        let found = by_code(&counts);
        let stopped = &found["no-manager"];
        assert_eq!((found.len(), stopped.count, stopped.retryable), (1, 5, 3));
        assert_eq!(unconfirmed(&counts), 4);
    }

    #[test]
    fn anchors_are_ids() {
        assert_eq!((title_of("no-manager"), title_of("")), ("No manager".to_owned(), String::new()));
        assert_eq!(anchor("delivery-service-403-Forbid \"x"), "cause-delivery-service-403-forbid--x");
    }
}
