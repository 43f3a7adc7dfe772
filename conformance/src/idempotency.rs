//! Cases of idempotency keys.

use keyferry_domain::CallerId;
use keyferry_domain::ports::{IdempotencyRecord, Reservation};

use super::Idempotency;
use super::samples::{at, id};

fn record(key: &str) -> IdempotencyRecord {
    IdempotencyRecord {
        caller: CallerId::new("a1000000-0000-4000-8000-0000000000aa"),
        key: key.into(),
        body_hash: "ab".repeat(32),
        shipment: id(),
        at: at(0),
    }
}

pub async fn key_is_reserved_once(backend: &dyn Idempotency) {
    let store = backend.idempotency().await;
    let (first, second) = (record("\"Schlüssel 'a'\""), record("\"Schlüssel 'a'\""));
    assert_eq!(store.reserve(&first).await.unwrap(), Reservation::Made);
    for _ in 0..2 {
        assert_eq!(store.reserve(&second).await.unwrap(), Reservation::Taken(first.clone()));
    }
    let reopened = backend.idempotency().await;
    assert_eq!(reopened.reserve(&second).await.unwrap(), Reservation::Taken(first));
    assert_eq!(
        store.reserve(&record("\"schlüssel 'a'\"")).await.unwrap(),
        Reservation::Made,
        "keys are case-sensitive"
    );
}

pub async fn keys_are_scoped_to_callers(backend: &dyn Idempotency) {
    let store = backend.idempotency().await;
    let mut other = record("k");
    other.caller = CallerId::new("b1000000-0000-4000-8000-0000000000bb");
    assert_eq!(store.reserve(&record("k")).await.unwrap(), Reservation::Made);
    assert_eq!(store.reserve(&other).await.unwrap(), Reservation::Made);
}

pub async fn released_key_can_be_reserved_again(backend: &dyn Idempotency) {
    let store = backend.idempotency().await;
    let (first, other, again) = (record("k"), record("l"), record("k"));
    store.reserve(&first).await.unwrap();
    store.reserve(&other).await.unwrap();
    store.release(first.shipment).await.unwrap();
    store.release(first.shipment).await.expect("releasing twice is not an error");
    assert_eq!(store.reserve(&again).await.unwrap(), Reservation::Made);
    assert_eq!(store.reserve(&record("l")).await.unwrap(), Reservation::Taken(other));
}

pub async fn reservation_is_taken_over_once(backend: &dyn Idempotency) {
    let store = backend.idempotency().await;
    let (first, mut second, third) = (record("k"), record("k"), record("k"));
    second.body_hash = "cd".repeat(32);
    store.reserve(&first).await.unwrap();
    assert!(store.take_over(first.shipment, &second).await.unwrap());
    assert!(!store.take_over(first.shipment, &third).await.unwrap());
    assert!(!store.take_over(first.shipment, &record("unknown")).await.unwrap());
    assert_eq!(store.reserve(&third).await.unwrap(), Reservation::Taken(second.clone()));
    store.release(second.shipment).await.unwrap();
    assert_eq!(store.reserve(&third).await.unwrap(), Reservation::Made);
}

pub async fn sweep_deletes_by_age(backend: &dyn Idempotency) {
    let store = backend.idempotency().await;
    let (mut old, mut border, mut young) = (record("old"), record("border"), record("young"));
    (old.at, border.at, young.at) = (at(0), at(10), at(20));
    for record in [&old, &border, &young] {
        store.reserve(record).await.unwrap();
    }
    assert_eq!(store.sweep(at(10)).await.unwrap(), 1);
    assert_eq!(store.sweep(at(10)).await.unwrap(), 0);
    assert_eq!(store.reserve(&record("old")).await.unwrap(), Reservation::Made);
    for record in [border, young] {
        assert_eq!(store.reserve(&record).await.unwrap(), Reservation::Taken(record));
    }
}

pub async fn one_of_twenty_reservations_succeeds(backend: &dyn Idempotency) {
    let mut callers = Vec::new();
    for _ in 0..20 {
        let store = backend.idempotency().await;
        callers.push(tokio::spawn(async move {
            let record = record("k");
            (store.reserve(&record).await.unwrap(), record)
        }));
    }
    let (mut made, mut taken) = (Vec::new(), Vec::new());
    for caller in callers {
        match caller.await.unwrap() {
            (Reservation::Made, record) => made.push(record),
            (Reservation::Taken(record), _) => taken.push(record),
        }
    }
    assert_eq!((made.len(), taken.len()), (1, 19));
    assert!(taken.iter().all(|record| *record == made[0]));
}
