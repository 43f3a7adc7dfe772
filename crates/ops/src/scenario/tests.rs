//! Tests that the scenario detects faults.

mod browser;
mod fake;
mod sandbox;

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Timestamp};
use url::Url;

use super::*;
use fake::{Fake, PIN, TOKEN};

const SECRET: &str = "secret-that-must-not-leak";

/// A clock that only `sleep` advances.
struct TestClock(Mutex<Timestamp>);

impl TestClock {
    fn new() -> Self {
        Self(Mutex::new(Timestamp::UNIX_EPOCH))
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

fn world(base: &Url) -> World {
    World {
        api: base.clone(),
        sandbox: base.clone(),
        token_url: base.join("token").unwrap(),
        client_id: "c".to_owned(),
        client_secret: SECRET.to_owned().into(),
        scope: "api://x/.default".to_owned(),
        user: "ADA@x.example".to_owned(),
        one_time_pin: false,
        patience: DEFAULT_PATIENCE,
        by_schedule: false,
        browser: None,
    }
}

struct Outcome {
    result: Result<Report, ScenarioError>,
    output: String,
    fake: Fake,
}

async fn follow(fake: Fake, sabotage: Sabotage, one_time_pin: bool) -> Outcome {
    let (base, shared) = fake::start(fake).await;
    let world = World { one_time_pin, ..world(&base) };
    let mut output = String::new();
    let result = run(&world, sabotage, &TestClock::new(), &mut |step| output.push_str(&step.to_string())).await;
    if let Err(error) = &result {
        output.push_str(&format!("{error} {error:?}"));
    }
    for secret in [PIN, TOKEN, SECRET, "auditor-secret", "58213790", "59324801", "48213791"] {
        assert!(!output.contains(secret), "{output}");
    }
    let fake = shared.lock().unwrap().clone();
    Outcome { result, output, fake }
}

/// Returns step and cause of the failure.
async fn fails(fake: Fake) -> (u8, Trouble) {
    failure(follow(fake, Sabotage::None, false).await)
}

fn failure(outcome: Outcome) -> (u8, Trouble) {
    match outcome.result {
        Ok(_) => panic!("the scenario succeeded: {}", outcome.output),
        Err(error) => (error.step, *error.trouble),
    }
}

#[tokio::test]
async fn reports_all_fourteen_steps_in_order() {
    let outcome = follow(Fake::default(), Sabotage::None, false).await;
    let report = outcome.result.unwrap();
    assert_eq!(report.steps.iter().map(|step| step.number).collect::<Vec<_>>(), (1..=14).collect::<Vec<_>>());
    assert_eq!(report.steps.iter().map(ToString::to_string).collect::<String>(), outcome.output);
    assert_eq!((report.serial.as_str(), report.signed_in.as_str()), ("31415926", "ada@x.example"));
    assert!(outcome.output.contains("a PIN of 8 characters"));
    assert!(outcome.output.contains("the key refused a wrong PIN (7 attempts left)"));
}

#[tokio::test]
async fn one_time_pin_is_changed_before_sign_in() {
    let outcome = follow(Fake::default(), Sabotage::None, true).await;
    assert!(outcome.result.is_ok(), "{}", outcome.output);
    assert_ne!(outcome.fake.key_pin, PIN);
    let unasked = Fake { key_demands_change: true, ..Fake::default() };
    assert!(matches!(fails(unasked).await, (14, Trouble::ChangeDemanded)));
    let ignored = Fake { ignores_customization: true, ..Fake::default() };
    let ignored = follow(ignored, Sabotage::None, true).await;
    assert!(matches!(failure(ignored), (14, Trouble::ChangeNotDemanded)));
}

#[tokio::test]
async fn sabotage_fails_sign_in() {
    let misread = follow(Fake::default(), Sabotage::CorruptPin, false).await;
    assert!(matches!(failure(misread), (14, Trouble::PinRefused { retries_left: Some(6), .. })));
    let misread = follow(Fake::default(), Sabotage::CorruptPin, true).await;
    assert!(matches!(failure(misread), (14, Trouble::PinRefused { .. })));
    let deleted = follow(Fake::default(), Sabotage::DeleteMethod, false).await;
    assert!(matches!(failure(deleted), (14, Trouble::SignInRefused { .. })));
}

#[tokio::test]
async fn detects_pin_of_another_key() {
    let other = Fake { key_pin: "90817263".to_owned(), ..Fake::default() };
    assert!(matches!(fails(other).await, (14, Trouble::PinRefused { .. })));
    let any = Fake { key_takes_any_pin: true, ..Fake::default() };
    assert!(matches!(fails(any).await, (14, Trouble::WrongPinAccepted)));
}

#[tokio::test]
async fn detects_wrong_addressee_user_and_serial() {
    let mail = Fake { mail_to: "mallory@x.example", ..Fake::default() };
    assert!(matches!(fails(mail).await, (13, Trouble::Mismatch { .. })));
    let person = Fake { signs_in: "a2", ..Fake::default() };
    assert!(matches!(fails(person).await, (14, Trouble::Mismatch { .. })));
    let serial = Fake { serial_at_connector: "27182818", ..Fake::default() };
    assert!(matches!(fails(serial).await, (8, Trouble::Mismatch { .. })));
}

#[tokio::test]
async fn detects_missing_mail_method_and_parcel() {
    let mail = Fake { mails: false, ..Fake::default() };
    assert!(matches!(fails(mail).await, (13, Trouble::NoMail { seconds: 60, .. })));
    let method = Fake { method_registered: false, ..Fake::default() };
    assert!(matches!(fails(method).await, (11, Trouble::Missing { whose: "Graph", .. })));
    let made = Fake { last_state: 5, ..Fake::default() };
    assert!(matches!(fails(made).await, (5, Trouble::NotShipped { state_id: 5, .. })));
    let parcel = Fake { last_state: 102, ..Fake::default() };
    assert!(matches!(fails(parcel).await, (6, Trouble::NotShipped { state_id: 102, .. })));
}

#[tokio::test]
async fn processing_is_repeated_until_timeout() {
    let outcome = follow(Fake { runs_to_complete: 5, ..Fake::default() }, Sabotage::None, false).await;
    assert!(outcome.output.contains("process-shipments was called 5 times"), "{}", outcome.output);

    let never = Fake { runs_to_complete: u32::MAX, obstacle: Some("attention"), ..Fake::default() };
    let outcome = follow(never.clone(), Sabotage::None, false).await;
    assert!(outcome.fake.runs > 10);
    let (7, Trouble::NotComplete { seconds: 60.., message: Some(message), .. }) = failure(outcome) else {
        panic!("another failure")
    };
    assert_eq!(message, "GENERAL: attention trouble");

    let outcome = follow(Fake { obstacle: Some("final"), ..never }, Sabotage::None, false).await;
    assert_eq!(outcome.fake.runs, 1, "a final obstacle ends the wait");
    assert!(matches!(failure(outcome), (7, Trouble::NotComplete { seconds: 0, .. })));
}
