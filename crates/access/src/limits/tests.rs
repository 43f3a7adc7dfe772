//! Limits on a clock that tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyferry_domain::Timestamp;

use super::*;

#[derive(Default)]
struct Seconds(AtomicU64);

#[async_trait::async_trait]
impl Clock for Seconds {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _: Duration) {}
}

struct Bench {
    clock: Arc<Seconds>,
    limits: Limits,
}

impl Bench {
    fn new(per_caller: &str, per_person: &str) -> Self {
        let quota = |text| Quota::parse(text).unwrap();
        let settings = LimitSettings {
            resends_per_caller: quota(per_caller),
            resends_per_person: quota(per_person),
            ..LimitSettings::unlimited()
        };
        let clock = Arc::new(Seconds::default());
        let limits = Limits::new(settings, clock.clone(), &NoopMeterProvider::new().meter("test"));
        Self { clock, limits }
    }

    fn resend(&self, caller: &str, person: &str) -> Result<Admission, LimitReached> {
        self.limits.admit(Limited::Resend, &CallerId::new(caller), person)
    }

    fn at(&self, seconds: u64) {
        self.clock.0.store(seconds, Ordering::SeqCst);
    }
}

/// Returns the seconds to wait.
fn wait(result: Result<Admission, LimitReached>) -> u64 {
    result.err().unwrap().retry_after.as_secs()
}

#[test]
fn refuses_until_the_oldest_request_leaves_the_window() {
    let bench = Bench::new("unlimited", "2/hour, 3/day");
    bench.at(100);
    assert!(bench.resend("a", "ada").is_ok());
    bench.at(200);
    assert!(bench.resend("b", "ADA").is_ok());
    assert_eq!(wait(bench.resend("c", "ada")), 3500);
    assert!(bench.resend("a", "ben").is_ok());
    bench.at(3699);
    assert_eq!(wait(bench.resend("a", "ada")), 1);
    bench.at(3700);
    assert!(bench.resend("a", "ada").is_ok());
    // Three within a day: the day's rule decides, although the hour's is reached as well.
    assert_eq!(wait(bench.resend("a", "ada")), 100 + 86_400 - 3700);
}

#[test]
fn limits_of_callers_and_persons_are_independent() {
    let bench = Bench::new("2/hour", "1/hour");
    assert!(bench.resend("a", "ada").is_ok());
    let error = bench.resend("a", "ada").err().unwrap();
    assert_eq!(
        error.to_string(),
        "the limit of 1 resends per hour and person is reached (KEYFERRY_RESENDS_PER_PERSON)"
    );
    assert!(bench.resend("a", "ben").is_ok());
    let error = bench.resend("a", "cleo").err().unwrap();
    assert!(error.to_string().contains("per hour and caller"), "{error}");
    // A refusal counts for nobody.
    assert!(bench.resend("b", "cleo").is_ok());
}

#[test]
fn what_is_taken_back_does_not_count() {
    let bench = Bench::new("1/hour", "1/hour");
    for _ in 0..3 {
        bench.resend("a", "ada").unwrap().take_back();
    }
    assert!(bench.resend("a", "ada").is_ok());
    assert!(bench.resend("a", "ada").is_err());
}

#[test]
fn what_is_taken_back_for_the_person_counts_for_the_caller() {
    let bench = Bench::new("2/hour", "1/hour");
    for _ in 0..2 {
        bench.resend("a", "ada").unwrap().take_back_for_person();
    }
    assert!(bench.resend("a", "ada").is_err());
    assert!(bench.resend("b", "ada").is_ok());
}

#[test]
fn forgets_subjects_after_the_longest_window() {
    let bench = Bench::new("5/day", "5/day");
    for person in 0..100 {
        drop(bench.resend(&format!("caller {person}"), &person.to_string()));
    }
    assert_eq!(bench.limits.counts().windows.len(), 200);
    bench.at(86_400);
    drop(bench.resend("a", "ada"));
    assert_eq!(bench.limits.counts().windows.len(), 2);
}

#[test]
fn unlimited_counts_nothing() {
    let bench = Bench::new("unlimited", "unlimited");
    for _ in 0..1000 {
        assert!(bench.resend("a", "ada").is_ok());
    }
    assert_eq!(bench.limits.counts().windows.len(), 0);
}

#[test]
fn parses_quotas() {
    assert_eq!(Quota::parse(" 5/hour,10 / day "), Quota::parse("5/hour, 10/day"));
    assert!(Quota::parse("Unlimited").unwrap().is_unlimited());
    for invalid in ["", "5", "0/hour", "-1/hour", "5/week", "5/hour,", "x/day", "99999999999/day"] {
        assert!(Quota::parse(invalid).is_err(), "{invalid}");
    }
}
