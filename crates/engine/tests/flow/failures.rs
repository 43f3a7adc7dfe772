//! Failures and the obstacles they cause.

use keyferry_domain::FailureKind;
use keyferry_engine::Run;

use crate::support::trouble::status;
use crate::support::{Call, Trouble, World};

#[tokio::test]
async fn failure_causes_obstacle_of_its_class() {
    let found = |code| Trouble::Refuse(FailureKind::Found(code));
    for (call, trouble, phase, class) in [
        (Call::Status, status(500), "accepted", "retry"),
        (Call::Status, Trouble::Refuse(FailureKind::TimedOut), "accepted", "retry"),
        (Call::Status, Trouble::Refuse(FailureKind::InvalidResponse), "accepted", "attention"),
        (Call::OpenCredential, Trouble::Refuse(FailureKind::Unreachable), "fulfilled", "retry"),
        (Call::Register, status(403), "fulfilled", "attention"),
        (Call::Register, status(404), "fulfilled", "attention"),
        (Call::Register, status(405), "fulfilled", "final"),
        (Call::Register, status(409), "fulfilled", "retry"),
        (Call::Register, Trouble::Refuse(FailureKind::Unreachable), "fulfilled", "retry"),
        (Call::OpenPin, status(503), "registered", "retry"),
        (Call::Deliver, status(421), "registered", "retry"),
        (Call::Deliver, status(550), "registered", "attention"),
        (Call::Deliver, found("odd"), "registered", "attention"),
    ] {
        let world = World::new();
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        world.faults.once(call, trouble.clone());
        engine.processing.run(Run::All).await;
        let met = (world.phase(created.shipment), world.obstacle(created.shipment).0);
        assert_eq!(met, (phase, class), "{call:?} {trouble:?}");
    }
}

/// A missing permission does not delay the registration.
#[tokio::test]
async fn unreadable_manager_is_obstacle_of_the_pin_only() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.always(Call::Manager, status(403));
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("registered", "attention"));
}
