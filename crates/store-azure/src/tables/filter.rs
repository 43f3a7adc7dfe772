//! OData filters for shipments.
//!
//! The service accepts at most 15 comparisons in a filter
//! (<https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities>). Restrictions that do not fit
//! are left out, because [`ShipmentFilter::matches`] checks all returned rows.

use chrono::NaiveDate;
use keyferry_domain::ports::{DayRange, ShipmentFilter, TimeRange};
use keyferry_domain::{Caller, Timestamp};

use super::key::quoted;
use super::row::{self, time_text};

const MAX_COMPARISONS: usize = 15;

/// Filter in the service's language.
pub(super) struct Filter {
    /// The filter.
    pub text: String,
    /// Whether it contains all restrictions. Without it, it may also return shipments that do not match.
    pub is_exact: bool,
}

struct Clauses {
    filter: Filter,
    comparisons: usize,
}

impl Clauses {
    /// Adds a restriction if its comparisons fit.
    fn and(&mut self, clause: &str, comparisons: usize) {
        if self.comparisons + comparisons <= MAX_COMPARISONS {
            self.filter.text.push_str(" and ");
            self.filter.text.push_str(clause);
            self.comparisons += comparisons;
        } else {
            self.filter.is_exact = false;
        }
    }

    /// Adds the phases and the obstacles, or alternatively the shipments whose state was set by hand.
    fn phases_and_obstacles(&mut self, filter: &ShipmentFilter) {
        let phases = filter.phases.iter().map(|phase| format!("phase eq {}", quoted(phase.as_str())));
        let classes = filter.obstacles.iter().map(|class| class.map_or("", |class| class.as_str()));
        let classes = classes.map(|class| format!("obstacle_class eq {}", quoted(class)));
        let mut either = [phases.collect::<Vec<_>>(), classes.collect()];
        if either.iter().map(Vec::len).sum::<usize>() + 2 + self.comparisons > MAX_COMPARISONS {
            self.filter.is_exact &= either[1].is_empty();
            either[1].clear();
        }
        let restrictions: Vec<_> =
            either.iter().filter(|any| !any.is_empty()).map(|any| format!("({})", any.join(" or "))).collect();
        if restrictions.is_empty() {
            return;
        }
        let comparisons: usize = either.iter().map(Vec::len).sum();
        if filter.or_set_by_hand {
            let by_hand = "(shipmentState eq 'complete' and phase ne 'complete')";
            self.and(&format!("(({}) or {by_hand})", restrictions.join(" and ")), comparisons + 2);
        } else {
            restrictions.iter().zip(either.iter().filter(|any| !any.is_empty())).for_each(|(text, any)| {
                self.and(text, any.len());
            });
        }
    }

    fn equal(&mut self, column: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.and(&format!("{column} eq {}", quoted(text)), 1);
        }
    }

    fn any(&mut self, column: &str, texts: &[String]) {
        let either: Vec<_> = texts.iter().map(|text| format!("{column} eq {}", quoted(text))).collect();
        if !either.is_empty() {
            self.and(&format!("({})", either.join(" or ")), either.len());
        }
    }

    fn range(&mut self, column: &str, range: TimeRange) {
        let at = |at: Option<Timestamp>| at.map(|at| quoted(&time_text(at)));
        self.between(column, at(range.from), at(range.before));
    }

    fn days(&mut self, column: &str, range: DayRange) {
        let day = |day: Option<NaiveDate>| day.map(|day| quoted(&day.to_string()));
        self.between(column, day(range.from), day(range.before));
    }

    fn between(&mut self, column: &str, from: Option<String>, before: Option<String>) {
        match (from, before) {
            (None, None) => {}
            (Some(from), None) => self.and(&format!("{column} ge {from}"), 1),
            // An empty text means that there is no time.
            (None, Some(before)) => self.and(&format!("{column} gt '' and {column} lt {before}"), 2),
            (Some(from), Some(before)) => {
                self.and(&format!("{column} ge {from} and {column} lt {before}"), 2);
            }
        }
    }
}

/// Returns a filter for matching shipments. `keys` restricts the keys, with three comparisons. Search terms are not
/// part of it.
pub(super) fn of(filter: &ShipmentFilter, keys: String) -> Filter {
    let begin = Filter { text: keys, is_exact: filter.terms().is_empty() };
    let mut clauses = Clauses { filter: begin, comparisons: 3 };
    clauses.phases_and_obstacles(filter);
    clauses.equal("batch", filter.batch.map(|batch| batch.to_string()).as_deref());
    clauses.equal("requested_by", filter.requested_by.as_ref().map(Caller::key).as_deref());
    clauses.equal("needs_human", filter.needs_human.then_some(row::NEEDS_HUMAN));
    clauses.any("obstacle_code", &filter.codes);
    clauses.equal("country", filter.country.as_deref());
    clauses.equal("product_id", filter.product.map(|id| id.to_string()).as_deref());
    clauses.range("next_attempt", filter.next_attempt);
    clauses.range("deadline", filter.deadline);
    clauses.days("needed_by", filter.needed_by);
    clauses.range("created_at", filter.created);
    clauses.range("updated_at", filter.updated);
    clauses.filter
}

#[cfg(test)]
mod tests {
    use keyferry_domain::{ObstacleClass, PhaseName};

    use super::super::layout;
    use super::*;

    #[test]
    fn filter_has_at_most_15_comparisons() {
        let at = Timestamp::from_timestamp(1_790_000_000, 0).unwrap();
        let span = TimeRange { from: Some(at), before: Some(at) };
        let filter = ShipmentFilter {
            phases: PhaseName::ALL[1..].to_vec(),
            or_set_by_hand: true,
            obstacles: vec![None, Some(ObstacleClass::Retry), Some(ObstacleClass::Final)],
            codes: vec!["o'neil eq 'x'".into()],
            product: Some(29),
            created: span,
            updated: span,
            deadline: span,
            next_attempt: span,
            country: Some("US".into()),
            needed_by: DayRange::from(at.date_naive()),
            ..ShipmentFilter::default()
        };
        let Filter { text, is_exact } = of(&filter, layout::shipments(None));
        assert!(!is_exact);
        let comparisons = [" eq ", " ne ", " lt ", " ge ", " gt "].map(|operator| text.matches(operator).count());
        // One operator is part of a compared text. Phases, obstacles and the alternative to both use all comparisons.
        assert_eq!(comparisons.iter().sum::<usize>() - 1, MAX_COMPARISONS, "{text}");
        assert!(text.contains("obstacle_code eq 'o''neil eq ''x'''"), "{text}");
    }
}
