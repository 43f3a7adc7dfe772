//! Passkeys of a person, and their revocation by operators.

use keyferry_domain::{EventKind, FailureClass, FailureKind, UserRef};
use keyferry_engine::{Listing, Release, ResendError, RevokeError, Run, Standing};

use crate::support::trouble::status;
use crate::support::world::{ada, caller, hour_later};
use crate::support::{Call, Trouble, World, lock};

const LOST: &str = "the key was lost";

async fn standings(engine: &keyferry_engine::Engine) -> (Vec<(String, Standing)>, Listing) {
    let found = engine.people.passkeys(&ada()).await.unwrap();
    (found.passkeys.into_iter().map(|one| (one.method_id, one.standing)).collect(), found.listing)
}

#[tokio::test]
async fn revoked_passkey_of_complete_shipment_is_deleted_and_recorded_once() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    let (found, listing) = standings(&engine).await;
    let [(method, Standing::Registered)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(listing, Listing::Complete);
    for existed in [true, false] {
        let revoked = engine.operator.revoke(&ada(), method, caller(), LOST).await.unwrap();
        assert_eq!((revoked.existed, revoked.shipment), (existed, Some(created.shipment)));
    }
    assert_eq!((world.methods(0), world.phase(created.shipment)), (0, "complete"));
    let events = world.events(created.shipment);
    assert_eq!(events.iter().filter(|event| event.kind == EventKind::Revoked).count(), 1);
    let last = events.last().unwrap();
    assert!(last.detail.ends_with(LOST) && last.correlation.as_deref() == Some("de1ete"), "{last:?}");
    assert!(matches!(standings(&engine).await.0[..], [(_, Standing::Revoked(_))]));
    let resent = engine.operator.resend_pin(&created.shipment.to_string(), caller(), Release::default()).await;
    assert!(matches!(resent, Err(ResendError::Revoked(_))), "{resent:?}");
}

/// The PIN would open nothing, and the shipment would count as complete.
#[tokio::test]
async fn no_pin_is_sent_for_a_revoked_key() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(503));
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "registered");
    let (found, _) = standings(&engine).await;
    engine.operator.revoke(&ada(), &found[0].0, caller(), LOST).await.unwrap();
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.sent().len(), world.methods(0)), ("cancelled", 0, 0));
    assert!(!lock(&world.vault).has(created.shipment));
}

#[tokio::test]
async fn failed_deletion_records_nothing_and_can_be_repeated() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    let method = standings(&engine).await.0[0].0.clone();
    let before = world.events(created.shipment);
    for trouble in [status(503), Trouble::Lost { done: true }] {
        world.faults.once(Call::DeleteMethod, trouble);
        let revoked = engine.operator.revoke(&ada(), &method, caller(), LOST).await;
        assert!(matches!(revoked, Err(RevokeError::Upstream(_))), "{revoked:?}");
        assert_eq!(world.events(created.shipment), before);
    }
    let revoked = engine.operator.revoke(&ada(), &method, caller(), LOST).await.unwrap();
    assert!(!revoked.existed, "the lost call had deleted it");
    assert_eq!(world.events(created.shipment).last().unwrap().kind, EventKind::Revoked);
}

/// The name means Eve by now. That she does not have Ada's passkey does not mean that it is gone.
#[tokio::test]
async fn reassigned_name_without_object_id_is_not_taken_for_a_revocation() {
    let world = World::new();
    lock(&world.people).readable = false;
    let engine = world.engine();
    let created = world.completed(&engine).await;
    let method = standings(&engine).await.0[0].0.clone();
    {
        let mut people = lock(&world.people);
        people.add("eve");
        people.users[0].upn = "ada.old@contoso.example".into();
        people.users[1].upn = "ada@contoso.example".into();
    }
    let revoked = engine.operator.revoke(&ada(), &method, caller(), LOST).await;
    assert_eq!(revoked, Err(RevokeError::UserChanged));
    assert_eq!(world.methods(0), 1);
    assert_ne!(world.events(created.shipment).last().unwrap().kind, EventKind::Revoked);
}

#[tokio::test]
async fn without_permission_only_own_passkeys_are_looked_up() {
    let world = World::new();
    let engine = world.engine();
    world.completed(&engine).await;
    let forbidden = || status(403);
    world.faults.once(Call::ListMethods, forbidden());
    let (found, listing) = standings(&engine).await;
    assert!(matches!(found[..], [(_, Standing::Registered)]) && matches!(listing, Listing::OnlyOwn(_)), "{listing:?}");
    lock(&world.people).users[0].methods.clear();
    world.faults.once(Call::ListMethods, forbidden());
    assert!(matches!(standings(&engine).await.0[..], [(_, Standing::Missing)]));
    assert!(matches!(standings(&engine).await, (found, Listing::Complete) if found[0].1 == Standing::Missing));
    world.faults.once(Call::ListMethods, Trouble::Refuse(FailureKind::TimedOut));
    let (found, listing) = standings(&engine).await;
    assert!(matches!(found[..], [(_, Standing::Unchecked)]) && matches!(listing, Listing::Failed(_)), "{listing:?}");
}

#[tokio::test]
async fn unknown_user_is_not_taken_for_a_revocation() {
    let world = World::new();
    let engine = world.engine();
    let nobody = UserRef::parse("nobody@contoso.example").unwrap();
    let revoked = engine.operator.revoke(&nobody, "AQID1", caller(), LOST).await;
    let Err(RevokeError::NoSuchUser(failure)) = revoked else { panic!("{revoked:?}") };
    assert_eq!(failure.class(), FailureClass::NotFound);
}
