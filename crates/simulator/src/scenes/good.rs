//! Scenes without failures.

use keyferry_domain::EmailAddress;
use keyferry_testkit::outside::lock;

use crate::bugs::Bug;
use crate::judge::Finding;
use crate::stage::{HOUR, Stage, Wanted};

/// Ten people order, all keys arrive, everybody gets one.
pub(super) async fn ten_people(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 10, bug);
    let replica = stage.replica();
    let _ = replica.engine.views.counts(&Default::default()).await;
    for user in 0..10 {
        replica.order(&stage, &Wanted::new(user)).await;
    }
    stage.hours(&replica, 1).await;
    stage.finish(&replica).await
}

/// Of many parcels, the last ones arrive first.
pub(super) async fn last_parcels_first(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 10, bug);
    let replica = stage.replica();
    for user in 0..10 {
        replica.order(&stage, &Wanted::new(user)).await;
        stage.outside.clock.pass(HOUR);
    }
    let last: Vec<_> = lock(&stage.outside.delivery).parcels[8..].iter().map(|(id, _)| id.clone()).collect();
    last.iter().for_each(|id| stage.outside.ship(id));
    stage.hours(&replica, 3).await;
    let mut findings = stage.judge(&replica).await;
    findings.extend(stage.finish(&replica).await);
    findings
}

/// Two people swap their names while their parcels are on the way.
pub(super) async fn names_swapped(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 2, bug);
    let replica = stage.replica();
    for user in 0..2 {
        replica.order(&stage, &Wanted::new(user)).await;
    }
    {
        let mut people = lock(&stage.outside.people);
        let (left, right) = people.users.split_at_mut(1);
        std::mem::swap(&mut left[0].upn, &mut right[0].upn);
    }
    stage.finish(&replica).await
}

/// A person has no manager.
pub(super) async fn user_without_manager(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 1, bug);
    {
        let user = &mut lock(&stage.outside.people).users[0];
        user.has_manager = false;
        user.mail = EmailAddress::parse("holder@contoso.example").ok();
    }
    let replica = stage.replica();
    replica.order(&stage, &Wanted::new(0)).await;
    stage.finish(&replica).await
}
