//! Times in requests and responses.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use keyferry_domain::Timestamp;

/// Formats a time in UTC with whole seconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Parses an RFC 3339 time, or a date, which means its begin in UTC.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_times_and_dates() {
        let shown = |text| parse(text).map(rfc3339);
        assert_eq!(shown("2026-11-28T01:30:00+02:00").as_deref(), Some("2026-11-27T23:30:00Z"));
        assert_eq!(shown("2026-11-28").as_deref(), Some("2026-11-28T00:00:00Z"));
        for text in ["", "2026-11", "28.11.2026", "2026-02-30", "2026-11-28T01:30:00", "tomorrow"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
