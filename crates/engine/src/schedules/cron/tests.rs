use super::*;

const VECTORS: &str = include_str!("../../../tests/data/spring-cron.tsv");

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("an RFC 3339 time")
}

/// Formats Keyferry's results like a line of the vectors.
fn answer(expression: &str, starts: &[&str]) -> String {
    let Ok(parsed) = CronExpression::parse(expression) else {
        return format!("{expression}\tinvalid");
    };
    let mut columns = vec![expression.to_owned()];
    for start in starts {
        columns.push((*start).to_owned());
        let mut now = time(start);
        for _ in 0..3 {
            let Some(next) = parsed.next_as_spring(now) else {
                columns.push("never".to_owned());
                break;
            };
            columns.push(next.format("%FT%TZ").to_string());
            now = next;
        }
    }
    columns.join("\t")
}

#[test]
fn agrees_with_spring() {
    const STARTS: [&str; 3] = ["2026-11-23T10:15:30Z", "2027-12-31T23:59:58Z", "2028-02-28T12:00:00Z"];
    let lines: Vec<&str> = VECTORS.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines.len() > 600, "vectors are missing: only {} lines", lines.len());
    let mismatches: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            let expression = line.split('\t').next()?;
            let ours = answer(expression, &STARTS);
            (ours != *line).then(|| format!("spring {line}\n  keyferry {ours}"))
        })
        .collect();
    assert!(mismatches.is_empty(), "{} of {} lines differ:\n{}", mismatches.len(), lines.len(), mismatches.join("\n"));
}

#[test]
fn next_after_always_advances() {
    for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
        let expression = line.split('\t').next().unwrap_or_default();
        let Ok(parsed) = CronExpression::parse(expression) else {
            continue;
        };
        let mut now = time("2026-12-31T00:00:00Z");
        for _ in 0..5 {
            let Some(next) = parsed.next_after(now) else {
                break;
            };
            assert!(next > now, "{expression}: {next} is not after {now}");
            now = next;
        }
    }
}

#[test]
fn next_after_advances_where_spring_repeats() {
    let schedule = Schedule::parse("0 0 0 L-31 * *").expect("valid");
    let stuck = time("2026-12-31T00:00:00Z");
    assert_eq!(schedule.next_as_spring(stuck), Some(stuck));
    assert_eq!(schedule.next_after(stuck), Some(time("2027-01-28T00:00:00Z")), "31 days before the last of February");
}

#[test]
fn truncates_fraction_of_second() {
    let schedule = Schedule::parse("* * * * * *").expect("valid");
    assert_eq!(schedule.next_after(time("2026-11-23T10:15:30.25Z")), Some(time("2026-11-23T10:15:31Z")));
    assert_eq!(schedule.next_after(time("2026-11-23T10:15:30Z")), Some(time("2026-11-23T10:15:31Z")));
}

#[test]
fn finds_match_40_years_ahead_across_century_without_leap_day() {
    let schedule = Schedule::parse("0 0 0 29 2 SUN").expect("valid");
    assert_eq!(schedule.next_after(time("2088-03-01T00:00:00Z")), Some(time("2128-02-29T00:00:00Z")));
}

#[test]
fn returns_none_at_end_of_calendar() {
    let schedule = Schedule::parse("@hourly").expect("valid");
    assert_eq!(schedule.next_after(DateTime::<Utc>::MAX_UTC), None);
}

#[test]
fn supports_lists_of_special_and_plain_days() {
    let schedule = Schedule::parse("0 0 0 10,L,L-3,15W * ?").expect("valid");
    let mut now = time("2026-11-01T00:00:00Z");
    let days: Vec<u32> = std::iter::from_fn(|| {
        now = schedule.next_after(now)?;
        Some(now.day())
    })
    .take(4)
    .collect();
    assert_eq!(days, [10, 16, 27, 30], "15 November 2026 is a Sunday");
}

#[test]
fn nearest_weekday_stays_in_its_month() {
    // 31 January 2027 is a Sunday: Spring skips the month.
    let schedule = Schedule::parse("0 0 0 31W * *").expect("valid");
    assert_eq!(schedule.next_after(time("2027-01-01T00:00:00Z")), Some(time("2027-03-31T00:00:00Z")));
}

#[test]
fn dash_disables_schedule_and_is_not_an_expression() {
    let schedule = Schedule::parse("-").expect("valid");
    assert!(matches!(schedule, Schedule::Off));
    assert_eq!(schedule.next_after(time("2026-11-23T10:15:30Z")), None);
    assert_eq!(schedule.to_string(), "-");
    assert!(CronExpression::parse("-").is_err());
}

#[test]
fn displays_original_text() {
    for text in ["@Hourly", "0 0  0 ? * sunL"] {
        assert_eq!(Schedule::parse(text).expect("valid").to_string(), text);
    }
}

#[test]
fn errors_contain_field_value_and_example() {
    let cases: [(&str, &[&str]); 12] = [
        ("", &["empty", "\"-\"", "0 0 * * * *"]),
        ("0 0 * * *", &["\"0 0 * * *\" has 5 fields", "six", "0 */30 * * * *"]),
        ("@reboot", &["@reboot", "@hourly"]),
        ("60 * * * * *", &["second (first)", "\"60\"", "60 is outside 0-59"]),
        ("0 5-1 * * * *", &["minute", "\"5-1\" runs backwards"]),
        ("0 0/0 * * * *", &["minute", "step \"0\"", "0 */30 * * * *"]),
        ("0 0 ? * * *", &["hour", "\"?\" is not a number"]),
        ("0 0 0 W * *", &["day of month", "\"W\""]),
        ("0 0 0 L3 * *", &["day of month", "not \"3\""]),
        ("0 0 0 * FOO *", &["month (fifth)", "\"FOO\"", "JAN-DEC"]),
        ("0 0 0 * * MON,", &["day of week", "\"MON,\"", "MON-FRI"]),
        ("0 0 0 * * MON#0", &["day of week", "\"MON#0\"", "not \"0\""]),
    ];
    for (expression, parts) in cases {
        let error = Schedule::parse(expression).expect_err(expression).to_string();
        for part in parts {
            assert!(error.contains(part), "{expression}: {part:?} is missing in: {error}");
        }
    }
}
