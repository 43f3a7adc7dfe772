//! Row keys and filters of batches and their rows.

use keyferry_domain::ports::RowFilter;
use keyferry_domain::{BatchId, BatchStateName, RowState};

use super::super::key::quoted;
use super::super::partition;

/// Returns the key of a batch: its id with each hex digit subtracted from 15, so that newer batches sort first.
pub(super) fn batch(id: BatchId) -> String {
    let inverted = |c: char| c.to_digit(16).and_then(|digit| char::from_digit(15 - digit, 16)).unwrap_or(c);
    id.to_string().chars().map(inverted).collect()
}

/// Returns a filter for batches in one of these states, older than `after`. It has at most 11 comparisons.
pub(super) fn batches(states: &[BatchStateName], after: Option<BatchId>) -> String {
    let mut filter = format!("PartitionKey eq {}", quoted(partition::BATCHES));
    if let Some(after) = after {
        filter.push_str(&format!(" and RowKey gt {}", quoted(&batch(after))));
    }
    and_any(&mut filter, states.iter().map(|state| state.as_str()));
    filter
}

/// Returns the key of a row.
pub(super) fn row(number: u32) -> String {
    format!("{number:010}")
}

/// Returns the number of a key made by [`row`].
pub(super) fn number(key: &str) -> Option<u32> {
    key.parse().ok()
}

/// Returns a filter for all rows of a batch.
pub(super) fn all_rows(batch: BatchId) -> String {
    format!("PartitionKey eq {}", quoted(&partition::rows_of(batch)))
}

/// Returns a filter for the rows with a number greater than `after`, and at most `last`.
pub(super) fn rows_between(batch: BatchId, after: u32, last: u32) -> String {
    let (all, after, last) = (all_rows(batch), quoted(&row(after)), quoted(&row(last)));
    format!("{all} and RowKey gt {after} and RowKey le {last}")
}

/// Returns a filter for matching rows with a number greater than `after`. It has at most 9 comparisons.
pub(super) fn rows(batch: BatchId, wanted: &RowFilter, after: u32) -> String {
    let mut filter = format!("{} and RowKey gt {}", all_rows(batch), quoted(&row(after)));
    and_any(&mut filter, wanted.states.iter().map(|state| state.as_str()));
    if wanted.with_findings {
        filter.push_str(" and (errors gt 0 or warnings gt 0)");
    }
    filter
}

/// Returns a filter for rows that have an order, and are not ready.
pub(super) fn orders_to_drop(batch: BatchId) -> String {
    let (all, ready) = (all_rows(batch), quoted(RowState::Ready.as_str()));
    format!("{all} and state ne {ready} and sealing_key gt ''")
}

fn and_any<'a>(filter: &mut String, states: impl Iterator<Item = &'a str>) {
    let either: Vec<_> = states.map(|state| format!("state eq {}", quoted(state))).collect();
    if !either.is_empty() {
        filter.push_str(&format!(" and ({})", either.join(" or ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> BatchId {
        BatchId::parse(text).unwrap()
    }

    #[test]
    fn newer_batches_sort_first() {
        let (old, new) = (id("0192f3a0-0000-7000-8000-00000000000a"), id("0192f3a0-0001-7000-8000-000000000001"));
        assert_eq!(batch(old), "fe6d0c5f-ffff-8fff-7fff-fffffffffff5");
        assert!(batch(new) < batch(old));
    }

    #[test]
    fn rows_sort_by_number() {
        assert!(row(9) < row(10) && row(99_999) < row(u32::MAX));
        assert_eq!(number(&row(u32::MAX)), Some(u32::MAX));
    }

    #[test]
    fn filters_have_at_most_15_comparisons() {
        let one = id("0192f3a0-0000-7000-8000-00000000000a");
        let wanted = RowFilter { states: RowState::ALL.to_vec(), with_findings: true, orders: true };
        for filter in [batches(BatchStateName::ALL, Some(one)), rows(one, &wanted, 3)] {
            let comparisons = [" eq ", " gt "].map(|operator| filter.matches(operator).count());
            assert!(comparisons.iter().sum::<usize>() <= 15, "{filter}");
        }
    }
}
