//! Tests that the browser steps detect faults.

use std::path::Path;

use super::fake::Browser as Fakery;
use super::*;

/// Runs the scenario with the fake's browser.
async fn browse(fake: Fake, sabotage: Sabotage, one_time_pin: bool, pictures: Option<&Path>) -> Outcome {
    let (base, shared) = fake::start(fake).await;
    let browser = Browser { driver: "unused".into(), binary: None, pictures: pictures.map(Path::to_owned) };
    let world = World { one_time_pin, ..world(&base) };
    let wire = Wire::new(&world).unwrap();
    let mut output = String::new();
    let mut on_step = |step: &Step| output.push_str(&step.to_string());
    let result = match Window::open(&wire, &browser, &base, Path::new("/unused")).await {
        Err(trouble) => Err(ScenarioError { step: 0, title: "", trouble: Box::new(trouble) }),
        Ok(window) => {
            let clock = TestClock::new();
            let steps = Steps::new(&clock, &mut on_step, step::FLOW.to_vec());
            let result = run_in(Kind::Flow, &wire, sabotage, steps, Some(&window)).await;
            window.close().await;
            result
        }
    };
    if let Err(error) = &result {
        output.push_str(&format!("{error} {error:?}"));
    }
    for secret in [PIN, "58213790", "59324801", "48213791", "-_8", "+/8="] {
        assert!(!output.contains(secret), "{output}");
    }
    let fake = shared.lock().unwrap().clone();
    Outcome { result, output, fake }
}

async fn trouble(browser: Fakery) -> (u8, Trouble) {
    failure(browse(Fake { browser, ..Fake::default() }, Sabotage::None, false, None).await)
}

#[tokio::test]
async fn eighteen_steps_save_two_screenshots() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("new").join("pictures");
    let outcome = browse(Fake::default(), Sabotage::None, false, Some(&pictures)).await;
    let report = outcome.result.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.steps.iter().map(|step| step.number).collect::<Vec<_>>(), (1..=18).collect::<Vec<_>>());
    for name in ["mail.png", "signin.png"] {
        let file = pictures.join(name);
        assert!(std::fs::read(&file).unwrap().starts_with(b"\x89PNG"));
        assert!(outcome.output.contains(file.to_str().unwrap()), "{}", outcome.output);
    }
    assert!(outcome.output.contains("chrome 1.2 shows the mail"), "{}", outcome.output);
    assert!(outcome.fake.browser.closed);
    assert!(outcome.fake.browser.asked.contains("MAP * ~NOTFOUND"), "the browser reaches no other host");
}

#[tokio::test]
async fn changed_pin_unlocks_key() {
    let outcome = browse(Fake::default(), Sabotage::None, true, None).await;
    assert!(outcome.result.is_ok(), "{}", outcome.output);
    assert_ne!(outcome.fake.key_pin, PIN);
}

#[tokio::test]
async fn sabotage_fails_browser_steps() {
    for one_time_pin in [false, true] {
        let misread = browse(Fake::default(), Sabotage::CorruptPin, one_time_pin, None).await;
        assert!(misread.fake.browser.closed);
        assert!(matches!(failure(misread), (16, Trouble::PinRefused { retries_left: Some(6), .. })));
    }
    let deleted = browse(Fake::default(), Sabotage::DeleteMethod, false, None).await;
    let (17, Trouble::PageRefused { said }) = failure(deleted) else { panic!("another failure") };
    assert_eq!(said, "Refused: no such passkey");
}

#[tokio::test]
async fn detects_other_pin_and_other_user_on_page() {
    let pin = Fakery { pin_shown: "48213792", ..Fakery::default() };
    assert!(matches!(trouble(pin).await, (15, Trouble::OtherPinShown)));
    let person = Fakery { greets: "Mallory", ..Fakery::default() };
    assert!(matches!(trouble(person).await, (17, Trouble::Mismatch { what: "the signed-in user", .. })));
    let still = Fakery { stands_still: true, ..Fakery::default() };
    assert!(matches!(trouble(still).await, (17, Trouble::NoOutcome { seconds: 60 })));
}

#[tokio::test]
async fn detects_sign_in_without_pin() {
    let page = Fakery { page_needs_no_pin: true, ..Fakery::default() };
    assert!(matches!(trouble(page).await, (18, Trouble::InWithoutPin("the sign-in page"))));
    let touch = Fakery { touch_is_enough: true, ..Fakery::default() };
    assert!(matches!(trouble(touch).await, (18, Trouble::InWithoutPin("the relying party"))));
    // A refusal for another reason is not proof.
    let words = Fakery { other_words: true, ..Fakery::default() };
    assert!(matches!(trouble(words).await, (18, Trouble::Mismatch { what: "the page's message", .. })));
    let unsigned = Fakery { does_not_sign: true, ..Fakery::default() };
    assert!(matches!(trouble(unsigned).await, (18, Trouble::Mismatch { .. })));
}

#[tokio::test]
async fn browser_problems_are_reported_before_ordering() {
    let fake = Fake { browser: Fakery { missing: true, ..Fakery::default() }, ..Fake::default() };
    let outcome = browse(fake, Sabotage::None, false, None).await;
    assert!(!outcome.fake.ordered);
    let output = &outcome.output;
    assert!(output.contains("cannot find Chrome binary. ") && output.contains("install chromium"), "{output}");
    let foreign = browse(Fake { rp_id: "login.x.example", ..Fake::default() }, Sabotage::None, false, None).await;
    assert!(matches!(failure(foreign), (0, Trouble::NotLocalhost(_))));

    let (base, shared) = fake::start(Fake::default()).await;
    let browser = Browser { driver: "/nonexistent".into(), binary: None, pictures: None };
    let world = World { browser: Some(browser), ..world(&base) };
    let error = run(&world, Sabotage::None, &TestClock::new(), &mut |step| panic!("{step}")).await.unwrap_err();
    assert!(error.to_string().starts_with("nothing was ordered: WebDriver program /nonexistent not found"), "{error}");
    assert!(!shared.lock().unwrap().ordered);
}
