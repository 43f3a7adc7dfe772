//! Limits: how often a caller may do something, and how often it may be done to one person.
//!
//! Counted in this process, on the monotonic clock, since its start. With several replicas, each counts for itself.

mod quota;
mod settings;
mod subject;
mod window;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keyferry_domain::{CallerId, Clock};
use opentelemetry::KeyValue;
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry::metrics::{Counter, Meter, MeterProvider as _};

pub use self::quota::Quota;
pub use self::settings::LimitSettings;
pub use self::subject::Limited;
use self::subject::Subject;
use self::window::Window;

/// Shortest time between two searches for windows that are over.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// A limit is reached. The message is for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {most} {limited} per {window} and {subject} is reached ({setting})")]
pub struct LimitReached {
    limited: &'static str,
    most: u32,
    window: &'static str,
    subject: &'static str,
    setting: &'static str,
    /// Time after which the same request is within the limit.
    pub retry_after: Duration,
}

/// Limits of callers and persons. Cheap to clone; clones share their counts.
#[derive(Clone)]
pub struct Limits(Arc<Shared>);

struct Shared {
    settings: LimitSettings,
    clock: Arc<dyn Clock>,
    reached: Counter<u64>,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    windows: HashMap<(Limited, Subject), Window>,
    swept: Duration,
}

/// Counted request. Call [`Admission::take_back`] or [`Admission::take_back_for_person`] if nothing happened after all.
#[must_use]
pub struct Admission {
    limits: Limits,
    limited: Limited,
    subjects: [Subject; 2],
    at: Duration,
}

impl Limits {
    /// Creates limits. Nothing is counted yet.
    pub fn new(settings: LimitSettings, clock: Arc<dyn Clock>, meter: &Meter) -> Self {
        let reached = meter
            .u64_counter("keyferry.limited.requests")
            .with_description("Requests refused because a limit of a caller or a person was reached")
            .build();
        Self(Arc::new(Shared { settings, clock, reached, counts: Mutex::default() }))
    }

    /// Creates limits that permit everything and are not measured, for programs that run the API in tests.
    pub fn unlimited(clock: Arc<dyn Clock>) -> Self {
        Self::new(LimitSettings::unlimited(), clock, &NoopMeterProvider::new().meter("unlimited"))
    }

    /// Counts a request of `caller` that concerns `person`.
    ///
    /// # Errors
    /// [`LimitReached`] if it would exceed a limit. It is not counted then.
    pub fn admit(&self, limited: Limited, caller: &CallerId, person: &str) -> Result<Admission, LimitReached> {
        let subjects = [Subject::Caller(caller.clone()), Subject::Person(person.to_lowercase())];
        let now = self.0.clock.monotonic();
        let mut counts = self.counts();
        counts.sweep(now);
        for subject in &subjects {
            let quota = self.0.settings.quota(limited, subject);
            let Some(window) = counts.windows.get_mut(&(limited, subject.clone())) else { continue };
            if let Some((rule, retry_after)) = quota.reached(window, now) {
                let (setting, subject_kind) = (LimitSettings::name(limited, subject), subject.kind());
                let error = LimitReached {
                    limited: limited.as_str(),
                    most: rule.most,
                    window: rule.window.as_str(),
                    subject: subject_kind,
                    setting,
                    retry_after,
                };
                let is_first = window.note_refusal(now, retry_after);
                drop(counts);
                self.report(&error, caller, person, is_first);
                return Err(error);
            }
        }
        for subject in &subjects {
            if !self.0.settings.quota(limited, subject).is_unlimited() {
                counts.windows.entry((limited, subject.clone())).or_default().count(now);
            }
        }
        Ok(Admission { limits: self.clone(), limited, subjects, at: now })
    }

    /// Counts the refusal, and logs the first one until the limit permits requests again.
    fn report(&self, error: &LimitReached, caller: &CallerId, person: &str, is_first: bool) {
        self.0.reached.add(1, &[KeyValue::new("limited", error.limited), KeyValue::new("per", error.subject)]);
        if is_first {
            tracing::warn!(
                %caller,
                person = %keyferry_http::clean(person),
                limit = %error,
                retry_after_seconds = error.retry_after.as_secs(),
                remedy = "check whether the caller behaves as intended; if it does, raise the setting",
                "refusing requests of a caller: a limit is reached"
            );
        }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.0.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Forgets subjects that did nothing for longer than the longest window, so that memory stays bounded.
    fn sweep(&mut self, now: Duration) {
        if now.saturating_sub(self.swept) >= SWEEP_INTERVAL {
            self.swept = now;
            self.windows.retain(|_, window| !window.is_over(now));
        }
    }
}

impl Admission {
    /// Takes the count back: nothing was ordered or sent, or it had been before.
    pub fn take_back(self) {
        self.take_back_of(|_| true);
    }

    /// Takes the count of the person back: nothing was ordered or sent, but the caller learned something.
    pub fn take_back_for_person(self) {
        self.take_back_of(|subject| matches!(subject, Subject::Person(_)));
    }

    fn take_back_of(&self, concerned: impl Fn(&Subject) -> bool) {
        let mut counts = self.limits.counts();
        for subject in self.subjects.iter().filter(|subject| concerned(subject)) {
            if let Some(window) = counts.windows.get_mut(&(self.limited, subject.clone())) {
                window.take_back(self.at);
            }
        }
    }
}

#[cfg(test)]
mod tests;
