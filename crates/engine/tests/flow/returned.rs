//! Keys that are given back.

use std::sync::Arc;

use keyferry_domain::{EventKind, SerialNumber, ShipmentId, WithdrawalCause};
use keyferry_engine::{Engine, Release, ResendError, ReturnKeyError, Run, WhichKey};

use super::lost::{CLAIM, lost, replacements};
use crate::support::trouble::status;
use crate::support::world::{caller, hour_later};
use crate::support::{Call, Trouble, World, lock};

fn serial(world: &World, id: ShipmentId) -> SerialNumber {
    world.shipment(id).phase().fulfilled().unwrap().keys[0].serial.clone()
}

async fn give_back(engine: &Engine, serial: &SerialNumber) -> Result<keyferry_engine::Withdrawn, ReturnKeyError> {
    engine.operator.return_key(serial, caller(), "handed in").await
}

fn returns(world: &Arc<World>, id: ShipmentId) -> usize {
    world.events(id).iter().filter(|event| event.kind == EventKind::Returned).count()
}

#[tokio::test]
async fn returned_key_is_removed_and_its_story_ends() {
    let world = World::new();
    let engine = world.engine();
    let id = world.completed(&engine).await.shipment;
    let serial = serial(&world, id);
    let done = give_back(&engine, &serial).await.unwrap();
    assert!(done.revoked && done.left.is_none() && !done.is_repeated, "{done:?}");
    assert_eq!((world.methods(0), world.phase(id), returns(&world, id)), (0, "complete", 1));
    assert!(!lock(&world.vault).has(id));
    let again = give_back(&engine, &serial).await.unwrap();
    assert!(again.is_repeated && !again.revoked && returns(&world, id) == 1, "{again:?}");
    let resent = engine.operator.resend_pin(&id.to_string(), caller(), Release::default()).await;
    assert!(matches!(resent, Err(ResendError::Revoked(_))), "{resent:?}");
    let unknown = give_back(&engine, &SerialNumber::new("1")).await;
    assert_eq!(unknown, Err(ReturnKeyError::NotFound(SerialNumber::new("1"))));
}

/// An undeliverable parcel comes back before its key is registered, or after its order was cancelled.
#[tokio::test]
async fn returned_parcel_needs_no_watch() {
    for is_cancelled in [false, true] {
        let world = World::new();
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        world.faults.once(Call::Register, status(403));
        engine.processing.run(Run::All).await;
        let id = created.shipment;
        if is_cancelled {
            engine.operator.cancel(&id.to_string(), caller(), "stop").await.unwrap();
            assert_eq!(world.phase(id), "cancelling");
        }
        let done = give_back(&engine, &serial(&world, id)).await.unwrap();
        assert!(done.left.is_none(), "{done:?}");
        for _ in 0..2 {
            hour_later(&world, &engine).await;
        }
        assert_eq!((world.phase(id), world.methods(0), world.sent().len()), ("cancelled", 0, 0), "{is_cancelled}");
        assert!(!world.shipment(id).needs_human(), "{is_cancelled}");
    }
}

#[tokio::test]
async fn lost_key_can_be_found_and_returned() {
    let world = World::new();
    let engine = world.engine();
    let id = world.completed(&engine).await.shipment;
    engine.operator.report_lost(lost(WhichKey::Last)).await.unwrap();
    let done = give_back(&engine, &serial(&world, id)).await.unwrap();
    assert_eq!((done.left, returns(&world, id)), (None, 1));
    assert_eq!(world.shipment(id).withdrawal().unwrap().cause, WithdrawalCause::Returned);
    assert_eq!(replacements(&engine).await.len(), 1, "the next key was promised");
}

#[tokio::test]
async fn return_survives_a_crash_at_every_call() {
    let mut finished = 0;
    for (number, done) in (0..60).flat_map(|number| [(number, false), (number, true)]) {
        let world = World::new();
        let setup = world.engine();
        let id = world.completed(&setup).await.shipment;
        let serial = serial(&world, id);
        let (engine, life) = world.living_engine(|_| {});
        world.faults.at(world.faults.total() + number, Trouble::Crash { done });
        let ended = tokio::select! {
            result = give_back(&engine, &serial) => { result.unwrap(); true }
            () = life.ended() => false,
        };
        world.faults.heal();
        world.clock.pass(CLAIM);
        let (next, case) = (world.engine(), format!("call {number}, done {done}"));
        if world.shipment(id).withdrawal().is_none() {
            give_back(&next, &serial).await.unwrap();
        } else {
            next.processing.run(Run::All).await;
        }
        assert_eq!((world.methods(0), returns(&world, id)), (0, 1), "{case}");
        assert!(!world.shipment(id).is_being_withdrawn(), "{case}");
        finished += usize::from(ended);
        if finished == 4 {
            return;
        }
    }
    panic!("the act needs more calls than were tried");
}
