//! Times in parameters.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use keyferry_domain::Timestamp;

/// What [`parse_time`] accepts, for messages.
pub const TIME: &str = "a time (2026-11-28T07:00:00Z) or a date (2026-11-28)";

/// Parses an RFC 3339 time, or a date, which means its begin in UTC.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use keyferry_domain::time_text;

    use super::*;

    #[test]
    fn parses_times_and_dates() {
        let shown = |text| parse_time(text).map(time_text);
        assert_eq!(shown("2026-11-28T01:30:00+02:00").as_deref(), Some("2026-11-27T23:30:00Z"));
        assert_eq!(shown("2026-11-28").as_deref(), Some("2026-11-28T00:00:00Z"));
        for text in ["", "2026-11", "28.11.2026", "2026-02-30", "2026-11-28T01:30:00", "tomorrow"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
