//! Query plans.

use keyferry_domain::Timestamp;

use super::*;
use crate::{damage, schema};

/// Runs compare the counts of the indexes in [`damage`], so their queries must use no other index.
#[test]
fn queries_of_runs_use_the_counted_indexes() {
    let connection = Connection::open_in_memory().unwrap();
    schema::migrate(&connection, "x".as_ref(), schema::MIGRATIONS).unwrap();
    let open = ShipmentFilter::phases(&PhaseName::OPEN);
    let obstacles = vec![None, Some(ObstacleClass::Retry), Some(ObstacleClass::Attention)];
    let all = ShipmentFilter { obstacles: obstacles.clone(), ..ShipmentFilter::open() };
    let now = TimeRange::before(Timestamp::UNIX_EPOCH);
    let due = ShipmentFilter { obstacles: obstacles.clone(), next_attempt: now, ..open.clone() };
    let retried = ShipmentFilter { obstacles: obstacles[1..].to_vec(), ..open.clone() };
    let after = Cursor("0196f0a0-0000-7000-8000-00000000000a".to_owned());
    for (filter, sort, after) in [
        (&all, ShipmentSort::Id, None),
        (&all, ShipmentSort::Id, Some(&after)),
        (&due, ShipmentSort::Id, None),
        (&due, ShipmentSort::Id, Some(&after)),
        (&open, ShipmentSort::Id, None),
        (&retried, ShipmentSort::NextAttempt, None),
    ] {
        let statement = Statement::new(filter, &Order::of(sort), Which::After(after), 101).unwrap();
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
        let values = rusqlite::params_from_iter(&statement.values);
        let steps: Vec<String> = plan.query_map(values, |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
        let used: Vec<_> = steps.iter().filter(|step| step.contains("fprshipments")).collect();
        assert!(!used.is_empty(), "{steps:?}");
        for step in used {
            assert!(step.contains(damage::BY_ID) || step.contains(damage::BY_PHASE), "{filter:?}: {steps:?}");
        }
    }
}

fn plan(connection: &Connection, statement: &Statement) -> Vec<String> {
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
    let values = rusqlite::params_from_iter(&statement.values);
    plan.query_map(values, |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// A listing walks the index of its order, whatever it is filtered by, and sorts nothing. Only what a search term
/// finds, a few shipments, is sorted.
#[test]
fn listings_sort_no_table() {
    let connection = Connection::open_in_memory().unwrap();
    schema::migrate(&connection, "x".as_ref(), schema::MIGRATIONS).unwrap();
    let at = Timestamp::UNIX_EPOCH;
    let range = TimeRange { from: Some(at), before: Some(at) };
    let any = ShipmentFilter::default;
    let caller = Caller::application(keyferry_domain::CallerId::new("portal"));
    let batch = keyferry_domain::BatchId::parse("0196f0a0-0000-7000-8000-00000000000b");
    assert!(batch.is_some());
    let filters = [
        any(),
        ShipmentFilter { phases: vec![PhaseName::Accepted], ..any() },
        ShipmentFilter { phases: PhaseName::OPEN.to_vec(), ..any() },
        ShipmentFilter { obstacles: vec![Some(ObstacleClass::Attention), None], ..any() },
        ShipmentFilter { codes: vec!["no-manager".into(), "no-mail".into()], ..any() },
        ShipmentFilter { needs_human: true, ..any() },
        ShipmentFilter { requested_by: Some(caller), ..any() },
        ShipmentFilter { batch, product: Some(29), ..any() },
        ShipmentFilter { created: range, updated: range, deadline: range, ..any() },
    ];
    for sort in [
        ShipmentSort::Id,
        ShipmentSort::Newest,
        ShipmentSort::Updated,
        ShipmentSort::Deadline,
        ShipmentSort::NextAttempt,
    ] {
        let order = Order::of(sort);
        let after = Cursor(match sort {
            ShipmentSort::Id => "0196f0a0-0000-7000-8000-00000000000a".to_owned(),
            _ => "1970-01-01T00:00:00.000000Z 0196f0a0-0000-7000-8000-00000000000a".to_owned(),
        });
        for filter in &filters {
            for (after, step) in [(None, "SCAN"), (Some(&after), "SEARCH")] {
                let statement = Statement::new(filter, &order, Which::After(after), 101).unwrap();
                let steps = plan(&connection, &statement);
                let [only] = &steps[..] else { panic!("{sort:?} {filter:?}: {steps:?}") };
                assert!(only.contains(&format!("USING INDEX {}", order.index)), "{sort:?} {filter:?}: {only}");
                let is_bounded = filter.created != TimeRange::default();
                assert!(only.starts_with(step) || is_bounded, "{sort:?} {filter:?}: {only}");
            }
        }
        let tracked = ShipmentFilter { tracking: Some("1Z 9".into()), needs_human: true, ..any() };
        let steps = plan(&connection, &Statement::new(&tracked, &order, Which::After(None), 101).unwrap());
        assert!(steps[0].starts_with("SEARCH fprshipments USING INDEX sqlite_autoindex_fprshipments_1"), "{steps:?}");
    }
}

/// Each order looks for open orders of its user: the cost must not grow with the number of open orders.
#[test]
fn open_orders_of_a_person_are_found_by_the_search_term() {
    let connection = Connection::open_in_memory().unwrap();
    schema::migrate(&connection, "x".as_ref(), schema::MIGRATIONS).unwrap();
    let person = Some(keyferry_domain::UserKey::Upn("ada@contoso.example".into()));
    for phases in [&PhaseName::PENDING[..], &PhaseName::OPEN] {
        let filter = ShipmentFilter { person: person.clone(), ..ShipmentFilter::phases(phases) };
        let order = Order::of(ShipmentSort::Id);
        let steps = plan(&connection, &Statement::new(&filter, &order, Which::After(None), 101).unwrap());
        assert!(steps[0].ends_with("USING INDEX sqlite_autoindex_fprshipments_1 (id=?)"), "{steps:?}");
        assert!(steps.iter().any(|step| step == "SEARCH terms USING PRIMARY KEY (term=?)"), "{steps:?}");
    }
}

/// A range of deadlines or next attempts bounds the part of the index that is read. Shipments without one are in none.
#[test]
fn range_of_times_bounds_what_is_read() {
    let connection = Connection::open_in_memory().unwrap();
    schema::migrate(&connection, "x".as_ref(), schema::MIGRATIONS).unwrap();
    let at = Timestamp::UNIX_EPOCH;
    for range in [TimeRange::before(at), TimeRange::from(at), TimeRange { from: Some(at), before: Some(at) }] {
        let phases = || vec![PhaseName::Accepted];
        for (sort, index, filter) in [
            (
                ShipmentSort::Deadline,
                "fprshipments_by_deadline (<expr>",
                ShipmentFilter { phases: phases(), deadline: range, ..ShipmentFilter::default() },
            ),
            (
                ShipmentSort::NextAttempt,
                "fprshipments_by_next_attempt (<expr>",
                ShipmentFilter { phases: phases(), next_attempt: range, ..ShipmentFilter::default() },
            ),
        ] {
            let statement = Statement::new(&filter, &Order::of(sort), Which::After(None), 101).unwrap();
            let steps = plan(&connection, &statement);
            let bounded = |step: &String| step.contains("SEARCH") && step.contains(index);
            assert!(steps.len() == 1 && steps.iter().all(bounded), "{range:?}: {steps:?}");
        }
    }
}
