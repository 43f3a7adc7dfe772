//! Responses that must be refused: made by jwcrypto with one defect each, with all that a forger could wish for in his
//! hands, and opened as the engine opens them. Both kinds, each by the test that is named for the rule.

mod content;
mod ephemeral;
mod form;
mod keys;
mod orders;
mod scene;

use std::collections::BTreeSet;

use keyferry_yubico::RefusalCode;

use self::scene::{Scene, scene};

/// Tests, each with the name of a rule, the name of its forgeries, and the codes with which they may be refused.
macro_rules! rules {
    ($($test:ident: $case:literal => $($code:ident)|+;)+) => {
        pub(super) const CASES: &[&str] = &[$($case),+];
        $(
            #[tokio::test]
            async fn $test() {
                super::refused($case, &[$(keyferry_yubico::RefusalCode::$code),+]).await;
            }
        )+
    };
}
use rules;

const SOUND: [&str; 2] = ["sound", "as large as may be"];

/// Opens each forgery of a case and expects one of the codes; that the secret is not told; and that nobody was asked for
/// a key but the published sets.
async fn refused(case: &str, expected: &[RefusalCode]) {
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
    assert!(scene.nobody_was_in_the_trap(), "{case}: an address inside the message was asked");
}

/// Without this, everything could be refused for a reason that they all share.
#[tokio::test]
async fn what_has_no_defect_is_opened() {
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
async fn every_forgery_that_is_made_has_its_test() {
    let Some(scene) = scene().await else { return };
    let tested = [content::CASES, ephemeral::CASES, form::CASES, keys::CASES, orders::CASES, &SOUND].concat();
    assert_eq!(tested.into_iter().collect::<BTreeSet<_>>(), Scene::cases(scene));
}
