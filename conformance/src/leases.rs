//! Who does what only one replica should do.

use keyferry_domain::ports::Claim;

use super::Leases;
use super::samples::at;

fn until(holder: &str, until: i64) -> Claim {
    Claim { holder: holder.into(), until: at(until) }
}

pub async fn a_lease_keeps_others_out_until_it_ends(backend: &dyn Leases) {
    let store = backend.leases().await;
    assert!(store.take_lease("schedules", &until("a", 90), at(0)).await.unwrap());
    let other = backend.leases().await;
    assert!(!other.take_lease("schedules", &until("b", 120), at(89)).await.unwrap());
    assert!(other.take_lease("schedules", &until("b", 180), at(90)).await.unwrap(), "it ended");
    assert!(!store.take_lease("schedules", &until("a", 200), at(91)).await.unwrap(), "it is theirs no more");
}

pub async fn a_lease_is_renewed_by_its_holder(backend: &dyn Leases) {
    let store = backend.leases().await;
    for second in [0, 30, 60] {
        assert!(store.take_lease("schedules", &until("a", second + 90), at(second)).await.unwrap());
    }
    assert!(!store.take_lease("schedules", &until("b", 300), at(149)).await.unwrap(), "the new end counts");
    assert!(store.take_lease("schedules", &until("a", 400), at(310)).await.unwrap(), "nobody took it meanwhile");
}

pub async fn a_lease_is_given_back_by_its_holder_only(backend: &dyn Leases) {
    let store = backend.leases().await;
    store.give_back_lease("schedules", "a").await.expect("so is one that nobody has");
    assert!(store.take_lease("schedules", &until("a", 90), at(0)).await.unwrap());
    store.give_back_lease("schedules", "b").await.unwrap();
    assert!(!store.take_lease("schedules", &until("b", 90), at(1)).await.unwrap());
    store.give_back_lease("schedules", "a").await.unwrap();
    store.give_back_lease("schedules", "a").await.expect("twice is fine");
    assert!(store.take_lease("schedules", &until("b", 90), at(1)).await.unwrap());
}

pub async fn leases_have_names(backend: &dyn Leases) {
    let store = backend.leases().await;
    assert!(store.take_lease("one", &until("a", 90), at(0)).await.unwrap());
    assert!(store.take_lease("another", &until("b", 90), at(0)).await.unwrap());
    store.give_back_lease("one", "a").await.unwrap();
    assert!(!store.take_lease("another", &until("c", 90), at(1)).await.unwrap());
}

pub async fn of_twenty_replicas_one_gets_the_lease(backend: &dyn Leases) {
    let first = backend.leases().await;
    assert!(first.take_lease("schedules", &until("dead", 10), at(0)).await.unwrap());
    // Both a free lease and one that ended are raced for.
    for (name, now) in [("free", 0), ("schedules", 20)] {
        let mut replicas = Vec::new();
        for number in 0..20 {
            let store = backend.leases().await;
            replicas.push(tokio::spawn(async move {
                store.take_lease(name, &until(&format!("replica {number}"), now + 90), at(now)).await.unwrap()
            }));
        }
        let mut winners = 0;
        for replica in replicas {
            winners += usize::from(replica.await.unwrap());
        }
        assert_eq!(winners, 1, "{name}");
    }
}
