//! Times as text: RFC 3339 in UTC with microseconds, so that texts sort by time and are readable.

use chrono::{DateTime, SecondsFormat, Utc};
use keyferry_domain::Timestamp;

pub(crate) fn text(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_sorts_by_time() {
        let at = |micros| text(Timestamp::from_timestamp_micros(micros).unwrap());
        assert!(at(999_999) < at(1_000_000));
        assert!(at(1_000_000) < at(1_000_001));
        assert_eq!(parse(&at(1_500_000)), Timestamp::from_timestamp_micros(1_500_000));
        assert_eq!(parse("yesterday"), None);
    }
}
