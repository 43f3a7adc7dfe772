//! The administrator's policy for firmware and models decides before the registration.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyferry_domain::{FirmwareExtension, FirmwareVersion};
use keyferry_engine::{CompromisedModels, EngineSettings, Run};
use keyferry_webauthn::{Metadata, TrustAnchors};
use serde_json::Value;

use crate::support::world::hour_later;
use crate::support::{Call, Trouble, World};

/// The AAGUID extension, which each attestation certificate of the testkit's factory has. It stands for the vendor's.
const OLD_FIRMWARE: FirmwareExtension =
    FirmwareExtension { oid: "1.3.6.1.4.1.45724.1.1.4", read: |_| Some(FirmwareVersion::new(5, 4, 3)) };

/// Metadata by Python's `cryptography`, which reports the model of the testkit's factory as revoked.
fn revoked() -> Option<Arc<Metadata>> {
    let vectors: Value = serde_json::from_str(include_str!("../../../webauthn/tests/data/metadata.json")).unwrap();
    let root = STANDARD.decode(vectors["root"].as_str().unwrap()).unwrap();
    let roots = TrustAnchors::from_der(vec![root], vec![]).unwrap();
    let blob = vectors["blobs"]["revoked 5a"].as_str().unwrap();
    let day = "2026-06-01T12:00:00Z".parse().unwrap();
    Some(Arc::new(Metadata::verify(blob.as_bytes(), &roots, day).unwrap()))
}

#[tokio::test]
async fn refused_key_is_not_registered_until_the_policy_allows_it() {
    type Change = fn(&mut EngineSettings);
    let refusals: [(&str, &str, Change); 3] = [
        ("reported firmware", "firmware 5.7.4, but the minimum for this product is 5.8.0", |settings| {
            settings.minimum_firmware = "5.8".parse().unwrap();
        }),
        ("attested firmware", "firmware 5.4.3, but the minimum for this product is 5.7.0", |settings| {
            settings.minimum_firmware = "5.7".parse().unwrap();
            settings.firmware_extension = Some(OLD_FIRMWARE);
        }),
        ("model", "compromised: REVOKED since 2026-01-01", |settings| settings.fido_metadata = revoked()),
    ];
    for (what, words, change) in refusals {
        let world = World::new();
        let engine = world.engine_with(change);
        let created = world.shipped(&engine).await;
        engine.processing.run(Run::All).await;
        let (class, message) = world.obstacle(created.shipment);
        assert_eq!(class, "attention", "{what}: {message}");
        assert!(message.contains(words), "{what}: {message}");
        assert!(message.contains("Nothing was registered and no PIN was sent."), "{what}: {message}");
        assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("fulfilled", 0, 0));
        hour_later(&world, &engine).await;
        assert_eq!(world.faults.count(Call::Register), 0, "{what}");
        hour_later(&world, &world.engine()).await;
        assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("complete", 1, 1), "{what}");
    }
}

#[tokio::test]
async fn allowed_keys_are_registered() {
    type Change = fn(&mut EngineSettings);
    let changes: [(&str, Change); 3] = [
        ("new firmware", |settings| settings.minimum_firmware = "5.7.4".parse().unwrap()),
        ("minimum of another product", |settings| {
            settings.minimum_firmware = r#"{"999999": "9"}"#.parse().unwrap();
        }),
        ("warning only", |settings| {
            settings.fido_metadata = revoked();
            settings.compromised_models = CompromisedModels::Warn;
        }),
    ];
    for (what, change) in changes {
        let world = World::new();
        let engine = world.engine_with(change);
        let created = world.shipped(&engine).await;
        engine.processing.run(Run::All).await;
        assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("complete", 1, 1), "{what}");
    }
}

#[tokio::test]
async fn credential_that_is_registered_is_completed_in_spite_of_the_policy() {
    let world = World::new();
    let (engine, life) = world.living_engine(|_| {});
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Register, Trouble::Crash { done: true });
    tokio::select! {
        _ = engine.processing.run(Run::All) => panic!("the process should have died"),
        () = life.ended() => {}
    }
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("fulfilled", 1));
    let strict = world.engine_with(|settings| settings.minimum_firmware = "9".parse().unwrap());
    hour_later(&world, &strict).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
}
