//! When the connector's own credentials end, as far as they say so themselves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use keyferry_domain::Timestamp;

use crate::measure::credential_expiry;

/// How long before its end a credential is warned of, and how often.
const SOON: TimeDelta = TimeDelta::days(30);
const WARNING: TimeDelta = TimeDelta::days(1);

/// The ends that are known. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Expiries(Arc<Mutex<BTreeMap<String, Known>>>);

#[derive(Debug)]
struct Known {
    ends: Timestamp,
    warned: Option<Timestamp>,
}

impl Expiries {
    /// The credential `name` as it was just read ends then, or says nothing of an end. Metrics call it `label`. Within 30 days of its end the
    /// log warns once a day.
    pub fn note(&self, label: &'static str, name: &str, ends: Option<Timestamp>, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ends) = ends else {
            all.remove(name);
            return;
        };
        credential_expiry(label, ends);
        let known = all.entry(name.to_owned()).or_insert(Known { ends, warned: None });
        known.ends = ends;
        if ends - now < SOON && known.warned.is_none_or(|warned| now - warned >= WARNING) {
            known.warned = Some(now);
            let days = (ends - now).num_days();
            tracing::warn!(credential = name, %ends, days, "a credential of the connector ends soon by its own date: put a new one in its place");
        }
    }

    /// All that are known, by name.
    pub fn known(&self) -> Vec<(String, Timestamp)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(name, known)| (name.clone(), known.ends)).collect()
    }

    /// Those that end within 30 days or have ended: `name until time`, joined by commas.
    pub fn soon(&self, now: Timestamp) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let soon = all.iter().filter(|(_, known)| known.ends - now < SOON);
        let texts = soon.map(|(name, known)| format!("{name} until {}", known.ends.format("%Y-%m-%dT%H:%M:%SZ")));
        texts.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::days(number)
    }

    #[test]
    fn what_ends_within_thirty_days_is_told_until_a_new_one_is_there() {
        let expiries = Expiries::default();
        expiries.note("api_token", "YED-API-TOKEN", Some(day(40)), day(0));
        expiries.note("client_secret", "SECRET", Some(day(400)), day(0));
        assert_eq!(expiries.soon(day(10)), "");
        assert_eq!(expiries.soon(day(11)), "YED-API-TOKEN until 1970-02-10T00:00:00Z");
        expiries.note("client_secret", "SECRET", Some(day(5)), day(11));
        assert_eq!(
            expiries.soon(day(11)),
            "SECRET until 1970-01-06T00:00:00Z, YED-API-TOKEN until 1970-02-10T00:00:00Z"
        );
        expiries.note("api_token", "YED-API-TOKEN", Some(day(700)), day(11));
        expiries.note("client_secret", "SECRET", None, day(11));
        assert_eq!(expiries.soon(day(11)), "");
    }
}
