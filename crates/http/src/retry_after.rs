//! The `Retry-After` header (RFC 9110 section 10.2.3): seconds or a date.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

/// Longest wait. Longer ones are reduced to this value, so that later arithmetic with times cannot overflow.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns the wait that the other service requests, or `None` if the header is missing or invalid.
///
/// A date is compared with the response's `Date`, because the clocks of the two machines may differ. Without `Date`, it
/// is ignored.
pub(crate) fn parse(value: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let value = value?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let wait = http_date(value)?.signed_duration_since(http_date(date?)?);
    Some(wait.to_std().unwrap_or_default().min(LONGEST))
}

/// Parses the three date formats of RFC 9110 section 5.6.7.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|naive| naive.and_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATE: Option<&str> = Some("Sun, 06 Nov 1994 08:49:07 GMT");

    #[test]
    fn parses_seconds() {
        assert_eq!(parse(Some("10"), None), Some(Duration::from_secs(10)));
        assert_eq!(parse(Some(" 0 "), None), Some(Duration::ZERO));
        assert_eq!(parse(Some("99999999999999999999999"), None), Some(LONGEST));
    }

    #[test]
    fn parses_all_date_formats() {
        for value in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parse(Some(value), DATE), Some(Duration::from_secs(30)), "{value}");
        }
    }

    #[test]
    fn past_date_means_no_wait() {
        assert_eq!(parse(Some("Sun, 06 Nov 1994 08:00:00 GMT"), DATE), Some(Duration::ZERO));
    }

    #[test]
    fn ignores_invalid_values() {
        assert_eq!(parse(None, DATE), None);
        for value in ["", "-5", "1.5", "soon", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(parse(Some(value), DATE), None, "{value}");
        }
        assert_eq!(parse(Some("Sun, 06 Nov 1994 08:49:37 GMT"), None), None);
    }

    proptest! {
        /// Any value is ignored or results in a wait of at most a day.
        #[test]
        fn waits_at_most_a_day(
            value in "\\PC{0,40}|[0-9]{1,30}|\
                [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{1,6} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
            date in prop::option::of("\\PC{0,40}|Sun, [0-9]{2} Nov [0-9]{1,6} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"),
        ) {
            if let Some(wait) = parse(Some(&value), date.as_deref()) {
                prop_assert!(wait <= LONGEST);
                prop_assert!(date.is_some() || value.trim().bytes().all(|byte| byte.is_ascii_digit()), "{}", value);
            }
        }
    }
}
