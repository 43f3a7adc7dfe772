//! Cases of leases on work that only one replica may do at a time.

use keyferry_domain::ports::Claim;

use super::Leases;
use super::samples::at;

fn until(holder: &str, until: i64) -> Claim {
    Claim { holder: holder.into(), until: at(until) }
}

pub async fn lease_excludes_others_until_it_expires(backend: &dyn Leases) {
    let store = backend.leases().await;
    assert!(store.take_lease("schedules", &until("a", 90), at(0)).await.unwrap());
    let other = backend.leases().await;
    assert!(!other.take_lease("schedules", &until("b", 120), at(89)).await.unwrap());
    assert_eq!(other.lease("schedules").await.unwrap(), Some(until("a", 90)));
    assert!(other.take_lease("schedules", &until("b", 180), at(90)).await.unwrap(), "the lease expired");
    assert!(!store.take_lease("schedules", &until("a", 200), at(91)).await.unwrap(), "the lease now belongs to b");
}

/// The holder's clock was wrong. With a lease of 90 seconds, an end up to one minute later is a difference of clocks.
pub async fn lease_that_ends_too_late_is_taken_over(backend: &dyn Leases) {
    let store = backend.leases().await;
    const DAY: i64 = 24 * 3600;
    assert!(store.take_lease("tomorrow", &until("a", DAY), at(DAY - 90)).await.unwrap());
    assert!(store.take_lease("tomorrow", &until("b", 90), at(0)).await.unwrap());
    assert!(!store.take_lease("tomorrow", &until("a", 91), at(1)).await.unwrap(), "the lease now belongs to b");
    assert!(store.take_lease("soon", &until("a", 120), at(30)).await.unwrap());
    assert!(!store.take_lease("soon", &until("b", 90), at(0)).await.unwrap(), "30 seconds beyond its life");
}

pub async fn holder_can_renew_lease(backend: &dyn Leases) {
    let store = backend.leases().await;
    for second in [0, 30, 60] {
        assert!(store.take_lease("schedules", &until("a", second + 90), at(second)).await.unwrap());
    }
    assert!(!store.take_lease("schedules", &until("b", 300), at(149)).await.unwrap(), "the renewed end applies");
    assert!(
        store.take_lease("schedules", &until("a", 400), at(310)).await.unwrap(),
        "an expired lease can be taken again"
    );
}

pub async fn only_holder_can_release_lease(backend: &dyn Leases) {
    let store = backend.leases().await;
    store.release_lease("schedules", "a").await.expect("releasing a free lease is not an error");
    assert!(store.take_lease("schedules", &until("a", 90), at(0)).await.unwrap());
    store.release_lease("schedules", "b").await.unwrap();
    assert!(!store.take_lease("schedules", &until("b", 90), at(1)).await.unwrap());
    store.release_lease("schedules", "a").await.unwrap();
    assert_eq!(store.lease("schedules").await.unwrap(), None);
    store.release_lease("schedules", "a").await.expect("releasing twice is not an error");
    assert!(store.take_lease("schedules", &until("b", 90), at(1)).await.unwrap());
}

pub async fn leases_are_independent_by_name(backend: &dyn Leases) {
    let store = backend.leases().await;
    assert!(store.take_lease("one", &until("a", 90), at(0)).await.unwrap());
    assert!(store.take_lease("another", &until("b", 90), at(0)).await.unwrap());
    store.release_lease("one", "a").await.unwrap();
    assert!(!store.take_lease("another", &until("c", 90), at(1)).await.unwrap());
}

pub async fn one_of_twenty_replicas_gets_the_lease(backend: &dyn Leases) {
    let first = backend.leases().await;
    assert!(first.take_lease("schedules", &until("dead", 10), at(0)).await.unwrap());
    // The replicas compete for a free lease and for an expired one.
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
