//! When a job runs: six-field cron expressions with the semantics of Spring Framework's
//! [`CronExpression`](https://docs.spring.io/spring-framework/docs/current/javadoc-api/org/springframework/scheduling/support/CronExpression.html),
//! in UTC.
//!
//! The `croner` crate matches days and finds times of day. What stands between it and Spring is this normaliser:
//!
//! - Numbers, ranges, steps and names are expanded to plain lists, because the dialects differ: `4/3` (from 4 on), `*/2` among days of
//!   the week (counted from Monday), `SUN-TUE`, `MON,` (refused). See [`list`].
//! - An entry that depends on the month (`L`, `LW`, `THUL`, `MON#2`) becomes a pattern of its own, so that a list of them is a union. `L-3`
//!   and `15W` are ours: `croner` does not know the first, and of the second Spring has an idea of its own. See [`day`].
//! - Spring looks for a day field by field, weekday first, and what it finds can depend on the way (`31W` takes Friday the 30th for the
//!   eve of a Saturday that April does not have, if the search came by). [`CronExpression::first_day`] goes the same way.
//! - The search ends after [`HORIZON`], where `croner` alone would look through three thousand years.

mod day;
mod error;
mod field;
mod list;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use croner::Cron;

use self::day::DayOfMonth;
pub use self::{error::ScheduleError, field::CronField};

/// The value with which Spring's scheduler switches a job off. It is not a cron expression.
const OFF: &str = "-";

/// How many days to look ahead for a day that fits: 41 years. A year has one of 14 calendars (leap or not, by the weekday of
/// 1 January), and the longest wait for any of them is the 40 years across a century that has no leap day.
const HORIZON: u64 = 41 * 366;

/// Spring's macros and what they stand for.
const MACROS: [(&str, &str); 7] = [
    ("@yearly", "0 0 0 1 1 *"),
    ("@annually", "0 0 0 1 1 *"),
    ("@monthly", "0 0 0 1 * *"),
    ("@weekly", "0 0 0 * * 0"),
    ("@daily", "0 0 0 * * *"),
    ("@midnight", "0 0 0 * * *"),
    ("@hourly", "0 0 * * * *"),
];

/// When a job runs.
#[derive(Debug, Clone)]
pub enum Schedule {
    /// Never: the setting is `-`.
    Off,
    /// At the times of a cron expression.
    Cron(Box<CronExpression>),
}

impl Schedule {
    /// Reads a setting: a cron expression with six fields, a macro such as `@hourly`, or `-` for a job that is switched off.
    ///
    /// # Errors
    /// What [`CronExpression::parse`] refuses.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        if text.trim() == OFF {
            Ok(Self::Off)
        } else {
            CronExpression::parse(text).map(|expression| Self::Cron(Box::new(expression)))
        }
    }

    /// The first run strictly after a moment; `None` when there is none, now or ever.
    #[must_use]
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Off => None,
            Self::Cron(expression) => expression.next_after(after),
        }
    }

    /// See [`CronExpression::next_as_spring`].
    #[must_use]
    pub fn next_as_spring(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Off => None,
            Self::Cron(expression) => expression.next_as_spring(after),
        }
    }
}

/// The text it was read from.
impl fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => formatter.write_str(OFF),
            Self::Cron(expression) => expression.fmt(formatter),
        }
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// A cron expression: second, minute, hour, day of month, month, day of week.
#[derive(Debug, Clone)]
pub struct CronExpression {
    text: String,
    /// Seconds, minutes and hours; every day.
    times: Cron,
    months: Cron,
    days_of_month: Vec<DayOfMonth>,
    /// None at all is an expression such as `MON#6`, which is valid and never fires.
    days_of_week: Vec<Cron>,
}

impl CronExpression {
    /// Reads an expression or a macro. `-` is not one: see [`Schedule::parse`].
    ///
    /// # Errors
    /// [`ScheduleError`], which names the field, what came, what is expected, and an example.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        // Java's `trim`, then tokens between spaces.
        let blank = |character: char| character <= ' ';
        let trimmed = text.trim_matches(blank);
        if trimmed.is_empty() {
            return Err(ScheduleError::Empty);
        }
        let resolved = MACROS.iter().find(|(name, _)| name.eq_ignore_ascii_case(trimmed));
        let expanded = match resolved {
            Some((_, expression)) => expression,
            None if trimmed.starts_with('@') => {
                return Err(ScheduleError::UnknownMacro { came: trimmed.to_owned() });
            }
            None => trimmed,
        };
        let fields: Vec<&str> =
            expanded.split(' ').map(|field| field.trim_matches(blank)).filter(|field| !field.is_empty()).collect();
        let &[second, minute, hour, day_of_month, month, day_of_week] = fields.as_slice() else {
            return Err(ScheduleError::FieldCount { found: fields.len(), came: trimmed.to_owned() });
        };

        let second = list::list(CronField::Second, second)?;
        let minute = list::list(CronField::Minute, minute)?;
        let hour = list::list(CronField::Hour, hour)?;
        let days_of_month = day::days_of_month(day_of_month)?;
        let month = list::list(CronField::Month, month)?;
        let days_of_week = day::days_of_week(day_of_week)?;
        Ok(Self {
            text: text.to_owned(),
            times: day::pattern(&format!("{second} {minute} {hour} * * *"))?,
            months: day::pattern(&format!("0 0 0 * {month} *"))?,
            days_of_month,
            days_of_week,
        })
    }

    /// The first time strictly after a moment, in whole seconds; `None` when the expression never fires again.
    #[must_use]
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = after.date_naive();
        let mut day = self.first_day(today)?;
        if day == today {
            let time = self.times.find_next_occurrence(&after, false).ok()?;
            if time.date_naive() == today {
                return Some(time);
            }
            day = self.first_day(today.succ_opt()?)?;
        }
        self.first_time_on(day)
    }

    /// What Spring's class answers, which for one kind of expression is not later than `after`: when `L-n` reaches back into the
    /// month before (`L-31`), Spring answers the same day again and again. Fit to show or compare, not to wait for:
    /// a scheduler uses [`Self::next_after`].
    #[must_use]
    pub fn next_as_spring(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = after.date_naive();
        let mut today_by = self.days_of_month.iter().filter(|entry| entry.next_or_same(today, today).is_some());
        if self.first_day(today) == Some(today) && today_by.all(|entry| entry.stands_still(today)) {
            self.first_time_on(today)
        } else {
            self.next_after(after)
        }
    }

    /// The first day on or after a date that fits, found the way Spring goes: each field in turn moves the date forward, until none does.
    fn first_day(&self, from: NaiveDate) -> Option<NaiveDate> {
        let end = from.checked_add_days(Days::new(HORIZON))?;
        let mut date = from;
        while date <= end {
            let of_week = day::scan(date, end, |date| self.days_of_week.iter().any(|entry| day::matches(entry, date)))?;
            let of_year =
                day::scan(of_week, end, |date| self.months.pattern.month_match(date.month()).is_ok_and(|fits| fits))?;
            let of_month = self.days_of_month.iter().filter_map(|entry| entry.next_or_same(of_year, end)).min()?;
            if of_month == date {
                return Some(date);
            }
            date = of_month;
        }
        None
    }

    fn first_time_on(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        let midnight = date.and_time(NaiveTime::MIN).and_utc();
        self.times.find_next_occurrence(&midnight, true).ok()
    }
}

/// The text it was read from.
impl fmt::Display for CronExpression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
