//! Tests of forged responses that must be rejected.
//!
//! jwcrypto creates each response with one defect and has access to all keys. The responses are opened like the engine
//! opens them. Each test covers one rule, for credential responses and PIN responses.

mod content;
mod ephemeral;
mod form;
mod keys;
mod orders;
mod scene;

use std::collections::BTreeSet;

use keyferry_yubico::RejectionCode;

use self::scene::{Scene, scene};

/// Defines tests: name of the test, name of its forgeries in the script, and the accepted refusal codes.
macro_rules! rules {
    ($($test:ident: $case:literal => $($code:ident)|+;)+) => {
        pub(super) const CASES: &[&str] = &[$($case),+];
        $(
            #[tokio::test]
            async fn $test() {
                super::refused($case, &[$(keyferry_yubico::RejectionCode::$code),+]).await;
            }
        )+
    };
}
use rules;

/// Cases of the script without a defect.
const SOUND: [&str; 2] = ["sound", "as large as may be"];

/// Opens each forgery of a case. Checks that it is rejected with one of the codes, that no error contains the PIN, and
/// that no key is fetched except the published sets.
async fn refused(case: &str, expected: &[RejectionCode]) {
    let Some(scene) = scene().await else { return };
    let world = scene.world().await;
    let mut kinds = BTreeSet::new();
    for forgery in scene.forgeries(case) {
        let Err(failure) = world.open(&forgery.kind, &scene.orders[0], &forgery.envelope).await else {
            panic!("{case}, {} was opened as a {} response", forgery.note, forgery.kind);
        };
        let code = failure.code().unwrap_or_default();
        let known = expected.iter().any(|expected| expected.as_str() == code);
        assert!(known, "{case}, {} of the {} response: {failure}", forgery.note, forgery.kind);
        assert!(!format!("{failure} {failure:?}").contains(&scene.pin), "{failure:?}");
        kinds.insert(forgery.kind);
    }
    assert_eq!(kinds.len(), 2, "{case}");
    assert!(scene.trap_is_untouched(), "{case}: a URL inside the message was requested");
}

/// Without this test, all forgeries could be rejected for a reason that they share.
#[tokio::test]
async fn opens_responses_without_defect() {
    let Some(scene) = scene().await else { return };
    let world = scene.world().await;
    for case in SOUND {
        for forgery in scene.forgeries(case) {
            let opened = world.open(&forgery.kind, &scene.orders[0], &forgery.envelope).await;
            let opened = opened.unwrap_or_else(|failure| panic!("{case}, {}: {failure}", forgery.note));
            assert_eq!(forgery.kind == "pin", opened["pin"] == scene.pin.as_str());
        }
    }
    for (order, sound) in scene.orders.iter().zip(&scene.sound) {
        for (kind, envelope) in sound {
            world.open(kind, order, envelope).await.unwrap();
        }
    }
}

#[tokio::test]
async fn every_forgery_has_a_test() {
    let Some(scene) = scene().await else { return };
    let tested = [content::CASES, ephemeral::CASES, form::CASES, keys::CASES, orders::CASES, &SOUND].concat();
    assert_eq!(tested.into_iter().collect::<BTreeSet<_>>(), Scene::cases(scene));
}
