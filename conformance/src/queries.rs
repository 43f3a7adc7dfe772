//! Cases of listing and counting.

use chrono::NaiveDate;
use keyferry_domain::ports::{Counts, Cursor, DayRange, ShipmentFilter, ShipmentSort, Summary, TimeRange};
use keyferry_domain::{
    ActingUser, Caller, CallerId, Change, CredentialRequest, NewObstacle, ObjectId, ObstacleClass, PhaseName, Phased,
    Replacement, SerialNumber, ShipmentId, ShipmentStore, UserHandle, UserKey, UserRef, Withdrawal, WithdrawalCause,
};

use super::Shipments;
use super::samples::{
    accepted, advanced, at, batch, in_phase, note, obstacle, obstructed, queued, submission, submitted, submitting,
};

/// Returns all summaries of a query, page by page, and the keys of rows that cannot be read.
async fn all(
    store: &dyn ShipmentStore,
    filter: &ShipmentFilter,
    sort: ShipmentSort,
    limit: u32,
) -> (Vec<Summary>, Vec<String>) {
    let (mut items, mut broken, mut after) = (Vec::new(), Vec::new(), None::<Cursor>);
    for _ in 0..200 {
        let page = store.query(filter, sort, after.as_ref(), limit).await.unwrap();
        assert!(page.items.len() + page.broken.len() <= limit as usize);
        items.extend(page.items);
        broken.extend(page.broken.into_iter().map(|(id, _)| id));
        after = page.next;
        if after.is_none() {
            return (items, broken);
        }
    }
    panic!("the listing does not end");
}

/// Returns the ids of matching shipments. Their counts are those of the listing.
async fn ids(store: &dyn ShipmentStore, filter: &ShipmentFilter) -> Vec<ShipmentId> {
    let found = all(store, filter, ShipmentSort::Id, 100).await.0;
    let mut expected = Counts::default();
    for summary in &found {
        *expected.0.entry((summary.phase, summary.obstacle.clone())).or_default() += 1;
    }
    assert_eq!(store.counts(filter).await.unwrap(), expected, "{filter:?}");
    found.iter().map(|summary| summary.id).collect()
}

fn acting_user(object_id: &str) -> ActingUser {
    ActingUser { object_id: object_id.to_owned(), user_name: None, name: None }
}

fn id(change: &Change) -> ShipmentId {
    change.shipment().id()
}

pub async fn summary_matches_record(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let mut order = submission();
    let object_id = ObjectId::parse("a1000000-0000-4000-8000-000000000001");
    order.keys[0].credentials[0].object_id = object_id;
    order.batch = Some(batch());
    let (id, in_batch) = (order.id, order.batch);
    let change = advanced(submitted(order), PhaseName::Fulfilled).then(|shipment| obstructed(&shipment));
    store.insert(&change).await.unwrap();

    let (found, _) = all(&*store, &ShipmentFilter::default(), ShipmentSort::Id, 10).await;
    let [found] = &found[..] else { panic!("{found:?}") };
    let shipment = change.shipment();
    assert_eq!((found.id, found.phase, found.set_by_hand), (id, PhaseName::Fulfilled, false));
    assert_eq!(found.delivery_id.as_ref(), shipment.phase().delivery_id());
    assert_eq!(found.obstacle, Some((ObstacleClass::Attention, "no-manager".to_owned())));
    assert_eq!(found.error_message.as_deref(), shipment.error_message().as_deref());
    assert_eq!(found.user.as_deref(), Some("jürgen.o'neil#ext@contoso.example"));
    assert_eq!((found.object_id, found.batch, found.product), (object_id, in_batch, Some(29)));
    assert_eq!((found.tracking.as_deref(), found.needs_human), (Some("7"), true));
    assert_eq!(found.requested_by, shipment.requested_by().key());
    assert_eq!(found.serial, shipment.phase().fulfilled().map(|made| made.keys[0].serial.clone()));
    assert_eq!((found.created_at, found.deadline), (at(0), Some(at(1_209_600))));
    assert_eq!(found.next_attempt, Some(at(65)));

    let bare = submitting();
    store.insert(&bare).await.unwrap();
    let (found, _) = all(&*store, &ShipmentFilter::phases(&[PhaseName::Submitting]), ShipmentSort::Id, 10).await;
    let [found] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&found.delivery_id, &found.obstacle, &found.error_message), (&None, &None, &None));
    assert_eq!((found.object_id, &found.serial, found.batch), (None, &None, None));
    assert_eq!((&found.tracking, found.needs_human), (&None, false));
    assert_eq!(found.next_attempt, Some(at(30)), "the time limit of the task that sends the order");
}

pub async fn lists_by_phase_in_id_order_with_pages(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let mut changes: Vec<_> = (0..3).flat_map(|_| PhaseName::ALL.map(in_phase)).collect();
    // Inserts in another order than that of ids.
    changes.reverse();
    for change in &changes {
        store.insert(change).await.unwrap();
    }
    changes.sort_by_key(id);
    for phases in [&PhaseName::ALL[..], &PhaseName::OPEN, &[PhaseName::Complete], &[]] {
        let matches = |change: &&Change| phases.is_empty() || phases.contains(&change.shipment().phase().name());
        let expected: Vec<_> = changes.iter().filter(matches).map(id).collect();
        for limit in [1, 2, 7, 100] {
            let (listed, broken) = all(&*store, &ShipmentFilter::phases(phases), ShipmentSort::Id, limit).await;
            let listed: Vec<_> = listed.iter().map(|summary| summary.id).collect();
            assert_eq!(listed, expected, "{phases:?} by {limit}");
            assert!(broken.is_empty());
        }
    }
}

pub async fn each_filter_member_restricts(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let in_batch = batch();
    let mut order = submission();
    order.batch = Some(in_batch);
    order.requested_by = Caller { user: Some(acting_user("0a1b")), ..order.requested_by };
    let requested_by = order.requested_by.clone();
    order.keys[0].product.product_id = 31;
    order.info.country = Some("SE".into());
    order.info.needed_by = NaiveDate::from_ymd_opt(2026, 12, 15);
    order.keys[0].credentials[0].user = UserRef::parse("grace@contoso.example").unwrap();
    order.keys[0].credentials[0].object_id = ObjectId::parse("a1000000-0000-4000-8000-000000000002");
    order.keys[0].credentials[0].request =
        CredentialRequest::Connector { user_handle: UserHandle::new("R3JhY2U"), deadline: at(500) };
    let grace = advanced(submitted(order), PhaseName::Fulfilled).then(|shipment| obstructed(&shipment));
    let plain = accepted();
    for change in [&grace, &plain] {
        store.insert(change).await.unwrap();
    }
    let serial = grace.shipment().phase().fulfilled().unwrap().keys[0].serial.clone();
    let any = ShipmentFilter::default;
    let person = |person| ShipmentFilter { person: Some(person), ..any() };
    for filter in [
        ShipmentFilter::phases(&[PhaseName::Fulfilled]),
        ShipmentFilter { obstacles: vec![Some(ObstacleClass::Attention)], ..any() },
        ShipmentFilter { obstacles: vec![Some(ObstacleClass::Retry), Some(ObstacleClass::Attention)], ..any() },
        ShipmentFilter { codes: vec!["no-manager".into()], ..any() },
        person(UserKey::Upn("GRACE@contoso.example".into())),
        person(UserKey::ObjectId(ObjectId::parse("a1000000-0000-4000-8000-000000000002").unwrap())),
        person(UserKey::Handle(UserHandle::new("R3JhY2U"))),
        ShipmentFilter { serial: Some(serial.clone()), ..any() },
        ShipmentFilter { codes: vec!["x".into(), "no-manager".into()], few: true, ..any() },
        ShipmentFilter { tracking: Some(" 7".into()), ..any() },
        ShipmentFilter { requested_by: Some(requested_by.clone()), ..any() },
        ShipmentFilter { needs_human: true, ..any() },
        ShipmentFilter { batch: Some(in_batch), ..any() },
        ShipmentFilter { product: Some(31), ..any() },
        ShipmentFilter { country: Some("SE".into()), ..any() },
        ShipmentFilter { needed_by: days(15, 16), ..any() },
        ShipmentFilter { needed_by: days(1, 16), ..ShipmentFilter::phases(&PhaseName::PENDING) },
        ShipmentFilter { deadline: TimeRange::before(at(501)), ..any() },
        ShipmentFilter { next_attempt: TimeRange { from: Some(at(65)), before: Some(at(66)) }, ..any() },
        // Azure's tables accept 15 comparisons. Listing and counting then compare the rest.
        ShipmentFilter { phases: PhaseName::ALL.to_vec(), batch: Some(in_batch), product: Some(31), ..any() },
    ] {
        assert_eq!(ids(&*store, &filter).await, [id(&grace)], "{filter:?}");
    }
    for filter in [
        ShipmentFilter { requested_by: Some(Caller { user: None, ..requested_by.clone() }), ..any() },
        ShipmentFilter { obstacles: vec![None], ..any() },
        ShipmentFilter { deadline: TimeRange::from(at(501)), ..any() },
        person(UserKey::Upn("jürgen.o'neil#ext@contoso.example".into())),
    ] {
        assert_eq!(ids(&*store, &filter).await, [id(&plain)], "{filter:?}");
    }
    for filter in [
        ShipmentFilter { requested_by: Some(Caller { user: Some(acting_user("0a1")), ..requested_by }), ..any() },
        ShipmentFilter { tracking: Some("71".into()), ..any() },
        ShipmentFilter { serial: Some(SerialNumber::new("1")), ..any() },
        ShipmentFilter { serial: Some(SerialNumber::new("' or '1' eq '1")), ..any() },
        ShipmentFilter { batch: Some(batch()), ..any() },
        ShipmentFilter { codes: vec!["no'manager".into()], ..any() },
        ShipmentFilter { country: Some("US".into()), ..any() },
        ShipmentFilter { needed_by: days(16, 31), ..any() },
        ShipmentFilter { needed_by: days(1, 15), few: true, ..any() },
        ShipmentFilter { created: TimeRange::before(at(0)), ..any() },
        ShipmentFilter { updated: TimeRange::before(at(0)), product: Some(1), ..any() },
        ShipmentFilter { next_attempt: TimeRange::before(at(65)), ..any() },
        ShipmentFilter { phases: vec![PhaseName::Accepted], serial: Some(serial), ..any() },
    ] {
        assert_eq!(ids(&*store, &filter).await, [], "{filter:?}");
    }
}

/// Returns the days of December 2026 from one to another.
fn days(from: u32, before: u32) -> DayRange {
    let day = |day| NaiveDate::from_ymd_opt(2026, 12, day);
    DayRange { from: day(from), before: day(before) }
}

/// A shipment is found by a term exactly as long as its record has the term.
pub async fn search_terms_follow_the_record(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let first = submitting();
    let version = store.insert(&first).await.unwrap();
    let second = advanced(Change::none(first.shipment().clone()), PhaseName::Fulfilled);
    let serial = second.shipment().phase().fulfilled().unwrap().keys[0].serial.clone();
    let by_serial = ShipmentFilter { serial: Some(serial), ..ShipmentFilter::default() };
    assert_eq!(ids(&*store, &by_serial).await, []);
    let version = store.commit(&second, &version).await.unwrap();
    assert_eq!(ids(&*store, &by_serial).await, [id(&first)]);
    let by_phase = ShipmentFilter::phases(&[PhaseName::Submitting]);
    assert_eq!(ids(&*store, &by_phase).await, []);
    store.delete(id(&first), &version).await.unwrap();
    assert_eq!(ids(&*store, &by_serial).await, []);
}

/// Runs find an interrupted act in any phase, until its last step is committed.
pub async fn unfinished_withdrawals_are_found(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let (lost, other) = (advanced(submitting(), PhaseName::Complete), accepted());
    let version = store.insert(&lost).await.unwrap();
    store.insert(&other).await.unwrap();
    let open = ShipmentFilter { being_withdrawn: true, ..ShipmentFilter::default() };
    assert_eq!(ids(&*store, &open).await, []);
    let by = Caller::application(CallerId::new("desk"));
    let act = Withdrawal {
        cause: WithdrawalCause::Lost,
        by: by.clone(),
        reason: "left on a train".into(),
        at: at(9),
        replacement: Some(Replacement { shipment: id(&other), is_queued: false }),
    };
    let marked = Change::none(lost.into_shipment()).then(|shipment| shipment.withdraw(act));
    let version = store.commit(&marked, &version).await.unwrap();
    assert_eq!(ids(&*store, &open).await, [id(&marked)]);
    let stored = store.get(id(&marked)).await.unwrap().unwrap();
    assert_eq!(stored.shipment(), marked.shipment());
    let revoked = stored.change.then(|shipment| shipment.revoked("KEY1", by.clone(), note(10, "gone")));
    let version = store.commit(&revoked, &version).await.unwrap();
    assert_eq!(ids(&*store, &open).await, [id(&marked)]);
    let linked = Change::none(revoked.into_shipment());
    let linked = linked.then(|shipment| shipment.replaced(id(&other), by, note(11, "queued")));
    store.commit(&linked, &version).await.unwrap();
    assert_eq!(ids(&*store, &open).await, []);
}

/// Batches count them.
pub async fn orders_that_wait_for_their_address_are_found(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let asked = queued().then(|shipment| shipment.await_address(at(9), at(99)));
    let version = store.insert(&asked).await.unwrap();
    store.insert(&queued()).await.unwrap();
    let waiting = ShipmentFilter { awaits_address: true, ..ShipmentFilter::default() };
    assert_eq!(ids(&*store, &waiting).await, [id(&asked)]);
    assert_eq!(store.counts(&waiting).await.unwrap().0.values().sum::<u64>(), 1);
    let Phased::Queued(order) = asked.into_shipment().phased() else { panic!("it is queued") };
    let by = Caller::application(CallerId::new("desk"));
    let given = order.give_address(by, "US".into(), note(10, "given")).unwrap();
    store.commit(&given, &version).await.unwrap();
    assert_eq!(ids(&*store, &waiting).await, []);
    assert_eq!(store.counts(&waiting).await.unwrap().0.values().sum::<u64>(), 0);
}

pub async fn every_sort_order_pages_without_gaps(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let mut changes = Vec::new();
    for number in 0..6_i64 {
        let mut order = submission();
        let (user_handle, deadline) = (UserHandle::new("T0Y6mho3vwFprE6a"), at(1000 - number / 2));
        order.keys[0].credentials[0].request = CredentialRequest::Connector { user_handle, deadline };
        let mut change = submitted(order);
        if number != 3 {
            let mut met = obstacle();
            met.next_attempt = (number != 4).then(|| at(700 - 10 * number));
            change = change.then(|shipment| shipment.meet(met));
        }
        store.insert(&change).await.unwrap();
        changes.push(id(&change));
    }
    let order = |positions: [usize; 6]| positions.map(|position| changes[position]).to_vec();
    for (sort, expected) in [
        (ShipmentSort::Id, order([0, 1, 2, 3, 4, 5])),
        // All have the same creation time, so the order is by id.
        (ShipmentSort::Newest, order([0, 1, 2, 3, 4, 5])),
        (ShipmentSort::Deadline, order([4, 5, 2, 3, 0, 1])),
        // The fourth has the time limit of its sending task, the fifth has no next attempt.
        (ShipmentSort::NextAttempt, order([3, 5, 2, 1, 0, 4])),
    ] {
        for limit in [1, 2, 100] {
            let (listed, _) = all(&*store, &ShipmentFilter::default(), sort, limit).await;
            let listed: Vec<_> = listed.iter().map(|summary| summary.id).collect();
            assert_eq!(listed, expected, "{sort:?} by {limit}");
        }
    }
    let (mut updated, _) = all(&*store, &ShipmentFilter::default(), ShipmentSort::Updated, 2).await;
    assert_eq!(updated.len(), 6);
    let listed: Vec<_> = updated.iter().map(|summary| (summary.updated_at, summary.id)).collect();
    updated.sort_by_key(|summary| (std::cmp::Reverse(summary.updated_at), summary.id));
    let sorted: Vec<_> = updated.iter().map(|summary| (summary.updated_at, summary.id)).collect();
    assert_eq!(listed, sorted);
}

/// What needs an operator: obstacles that a run cannot remove, unconfirmed orders, and cancelled keys that exist.
pub async fn lists_what_needs_an_operator(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let mut expected = Vec::new();
    for (name, needed) in
        PhaseName::ALL.map(|name| (name, [PhaseName::Unconfirmed, PhaseName::Cancelling].contains(&name)))
    {
        // The sample is cancelled after its key was made.
        let change = in_phase(name);
        store.insert(&change).await.unwrap();
        expected.extend(needed.then_some(id(&change)));
    }
    for (class, needed) in
        [(ObstacleClass::Retry, false), (ObstacleClass::Attention, true), (ObstacleClass::Final, true)]
    {
        let change = accepted().then(|shipment| shipment.meet(NewObstacle { class, ..obstacle() }));
        store.insert(&change).await.unwrap();
        expected.extend(needed.then_some(id(&change)));
    }
    let filter = ShipmentFilter { needs_human: true, ..ShipmentFilter::default() };
    assert_eq!(ids(&*store, &filter).await, expected);
}

pub async fn damaged_record_is_listed(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let changes = [accepted(), accepted(), accepted()];
    for change in &changes {
        store.insert(change).await.unwrap();
    }
    backend.damage(id(&changes[1])).await;
    for limit in [1, 3] {
        let (listed, broken) = all(&*store, &ShipmentFilter::open(), ShipmentSort::Id, limit).await;
        let mut listed: Vec<_> = listed.iter().map(|summary| summary.id.to_string()).collect();
        listed.extend(broken);
        listed.sort();
        assert_eq!(listed, changes.iter().map(|change| id(change).to_string()).collect::<Vec<_>>());
    }
}

pub async fn completed_by_hand_is_listed_as_open_until_committed(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    for name in [PhaseName::Accepted, PhaseName::Unconfirmed, PhaseName::Refused, PhaseName::Cancelled] {
        let change = in_phase(name).then(|shipment| obstructed(&shipment));
        store.insert(&change).await.unwrap();
        backend.set_state_by_hand(id(&change), "complete").await;

        // The run that processes open shipments lists it, even if its phase is not open.
        let unobstructed = ShipmentFilter { obstacles: vec![None], ..ShipmentFilter::open() };
        let (found, _) = all(&*store, &unobstructed, ShipmentSort::Id, 100).await;
        let [found] = &found[..] else { panic!("{found:?}") };
        assert_eq!((found.id, found.set_by_hand, found.phase), (id(&change), true, name));
        let stored = store.get(found.id).await.unwrap().unwrap();
        store.commit(&stored.change, &stored.version).await.unwrap();

        assert_eq!(ids(&*store, &ShipmentFilter::open()).await, []);
        assert!(ids(&*store, &ShipmentFilter::phases(&[PhaseName::Complete])).await.contains(&id(&change)));
    }
}

pub async fn counts_by_phase_and_obstacle(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    assert!(store.counts(&ShipmentFilter::default()).await.unwrap().0.is_empty());
    for change in [accepted(), accepted(), in_phase(PhaseName::Complete)] {
        store.insert(&change).await.unwrap();
    }
    let met = accepted();
    let version = store.insert(&met).await.unwrap();
    let version = store.commit(&obstructed(met.shipment()), &version).await.unwrap();
    let counts = store.counts(&ShipmentFilter::default()).await.unwrap();
    let no_manager = Some((ObstacleClass::Attention, "no-manager".to_owned()));
    let expected = [
        ((PhaseName::Fulfilled, None), 0),
        ((PhaseName::Accepted, None), 2),
        ((PhaseName::Accepted, no_manager), 1),
        ((PhaseName::Complete, None), 1),
    ];
    assert_eq!(counts.0, expected.into_iter().filter(|(_, count)| *count > 0).collect());
    assert_eq!(counts.of(PhaseName::Accepted, Some(ObstacleClass::Attention)), 1);
    assert_eq!(counts.of(PhaseName::Accepted, Some(ObstacleClass::Final)), 0);
    store.delete(id(&met), &version).await.unwrap();
    assert_eq!(store.counts(&ShipmentFilter::default()).await.unwrap().0.values().sum::<u64>(), 3);
}
