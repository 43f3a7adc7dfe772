//! Expiry dates of the connector's app credentials, where an app credential carries one.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::Timestamp;
use opentelemetry::metrics::Gauge;
use opentelemetry::{KeyValue, global};

/// Time before the expiry at which warnings begin.
const SOON: TimeDelta = TimeDelta::days(30);

/// Time between two warnings.
const WARNING: TimeDelta = TimeDelta::days(1);

/// Created on first use, after the program has installed its meter provider.
static GAUGE: LazyLock<Gauge<f64>> = LazyLock::new(|| {
    global::meter("keyferry")
        .f64_gauge("keyferry.credential.expiry.timestamp")
        .with_unit("s")
        .with_description("Expiry of an app credential of the connector, in Unix time")
        .build()
});

/// Known expiry dates of app credentials. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct AppCredentialExpiries(Arc<Mutex<BTreeMap<String, Known>>>);

#[derive(Debug)]
struct Known {
    ends: Timestamp,
    warned: Option<Timestamp>,
}

impl AppCredentialExpiries {
    /// Records when the app credential `name`, which was just read, expires. `ends` is `None` if it has no expiry date.
    ///
    /// `label` identifies the app credential in metrics, for example `client_secret`. It must never be the secret
    /// itself. Logs a warning once a day from 30 days before the expiry.
    pub fn note(&self, label: &'static str, name: &str, ends: Option<Timestamp>, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ends) = ends else {
            all.remove(name);
            return;
        };
        let seconds = Duration::from_millis(ends.timestamp_millis().try_into().unwrap_or_default()).as_secs_f64();
        GAUGE.record(seconds, &[KeyValue::new("credential", label)]);
        let known = all.entry(name.to_owned()).or_insert(Known { ends, warned: None });
        known.ends = ends;
        if ends - now < SOON && known.warned.is_none_or(|warned| now - warned >= WARNING) {
            known.warned = Some(now);
            let days = (ends - now).num_days();
            // An alert in deploy/azure/alerts.json searches for this message.
            tracing::warn!(
                credential = name,
                %ends,
                days,
                remedy = "Replace it. The how-to pages describe the rotation",
                "app credential expires soon"
            );
        }
    }

    /// Returns all known expiry dates, ordered by name.
    pub fn known(&self) -> Vec<(String, Timestamp)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(name, known)| (name.clone(), known.ends)).collect()
    }

    /// Lists the app credentials that expire within 30 days or have expired: `name until time`, separated by commas.
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
    fn lists_credentials_that_expire_within_30_days() {
        let expiries = AppCredentialExpiries::default();
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
