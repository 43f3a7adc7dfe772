//! Rejection of credentials and PINs that do not match the request.

use keyferry_engine::Run;

use crate::support::world::hour_later;
use crate::support::{Call, Tamper, World};

#[tokio::test]
async fn rejects_wrong_credential_without_registering_it() {
    for (tamper, word) in [
        (Tamper::Challenge, "challenge"),
        (Tamper::RelyingParty, "origin"),
        (Tamper::Unverified, "verification"),
        (Tamper::BackupEligible, "backed up"),
        (Tamper::OtherModel, "AAGUID"),
        (Tamper::Untrusted, "root"),
        (Tamper::Unattested, "attestation"),
        (Tamper::SelfAttested, "self attestation"),
        (Tamper::CredentialSerial, "is for key 1"),
    ] {
        let world = World::new();
        let engine = world.engine();
        let created = world.shipped_with(&engine, tamper).await;
        engine.processing.run(Run::All).await;
        let (class, message) = world.obstacle(created.shipment);
        assert_eq!(class, "final", "{tamper:?}: {message}");
        assert!(message.to_lowercase().contains(&word.to_lowercase()), "{tamper:?}: {message}");
        assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("fulfilled", 0, 0));
        hour_later(&world, &engine).await;
        assert_eq!(world.faults.count(Call::Register), 0, "{tamper:?}");
    }
}

#[tokio::test]
async fn rejects_pin_of_other_key_or_length_without_sending_it() {
    for tamper in [Tamper::PinSerial, Tamper::PinLength] {
        let world = World::new();
        let engine = world.engine();
        let created = world.shipped_with(&engine, tamper).await;
        engine.processing.run(Run::All).await;
        assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("registered", "final"));
        assert_eq!((world.methods(0), world.sent().len()), (1, 0));
    }
}

#[tokio::test]
async fn accepts_any_model_for_unknown_product() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.product_aaguids.clear());
    let created = world.shipped_with(&engine, Tamper::OtherModel).await;
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "complete");
}
