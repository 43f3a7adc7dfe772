//! Schedules of jobs: six-field cron expressions with the semantics of Spring Framework's
//! [`CronExpression`](https://docs.spring.io/spring-framework/docs/current/javadoc-api/org/springframework/scheduling/support/CronExpression.html),
//! in UTC.
//!
//! The `croner` crate matches days and finds times of day. This module normalises expressions, because `croner` and
//! Spring differ:
//!
//! - Numbers, ranges, steps and names are expanded to plain lists. The dialects differ for `4/3` (from 4 on), `*/2` as
//!   day of the week (counted from Monday), `SUN-TUE`, and `MON,` (rejected). See [`list`].
//! - An entry that depends on the month (`L`, `LW`, `THUL`, `MON#2`) becomes its own pattern, so that a list of them is
//!   a union. `L-3` and `15W` are implemented here: `croner` does not support the first, and Spring defines the second
//!   differently. See [`day`].
//! - Spring searches for a day field by field, weekday first, and the result can depend on the start of the search: for
//!   `31W`, it accepts Friday 30 April, as if Saturday 31 April existed, but only if the search reaches that Friday.
//!   [`CronExpression::first_day`] searches in the same way.
//! - The search ends after [`HORIZON`]. `croner` alone would search three thousand years.

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

/// Value that disables a job in Spring's scheduler. Not a cron expression.
const OFF: &str = "-";

/// Number of days to search for a matching day: 41 years. A year has one of 14 calendars (leap year or not, and weekday
/// of 1 January). The longest interval between two years with the same calendar is 40 years, across a century without
/// leap day.
const HORIZON: u64 = 41 * 366;

/// Spring's macros and their expressions.
const MACROS: [(&str, &str); 7] = [
    ("@yearly", "0 0 0 1 1 *"),
    ("@annually", "0 0 0 1 1 *"),
    ("@monthly", "0 0 0 1 * *"),
    ("@weekly", "0 0 0 * * 0"),
    ("@daily", "0 0 0 * * *"),
    ("@midnight", "0 0 0 * * *"),
    ("@hourly", "0 0 * * * *"),
];

/// Schedule of a job.
#[derive(Debug, Clone)]
pub enum Schedule {
    /// Disabled: the setting is `-`.
    Off,
    /// Times of a cron expression.
    Cron(Box<CronExpression>),
}

impl Schedule {
    /// Parses a setting: a cron expression with six fields, a macro such as `@hourly`, or `-` to disable the job.
    ///
    /// # Errors
    /// [`ScheduleError`], as for [`CronExpression::parse`].
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        if text.trim() == OFF {
            Ok(Self::Off)
        } else {
            CronExpression::parse(text).map(|expression| Self::Cron(Box::new(expression)))
        }
    }

    /// Returns the first run strictly after a time. `None` if there is none.
    #[must_use]
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Off => None,
            Self::Cron(expression) => expression.next_after(after),
        }
    }

    /// Returns Spring's answer, see [`CronExpression::next_as_spring`].
    #[must_use]
    pub fn next_as_spring(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Off => None,
            Self::Cron(expression) => expression.next_as_spring(after),
        }
    }
}

/// Displays the text from which the schedule was parsed.
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

/// Cron expression: second, minute, hour, day of month, month, day of week.
#[derive(Debug, Clone)]
pub struct CronExpression {
    text: String,
    /// Seconds, minutes and hours, on every day.
    times: Cron,
    months: Cron,
    days_of_month: Vec<DayOfMonth>,
    /// Empty for an expression such as `MON#6`, which is valid and never fires.
    days_of_week: Vec<Cron>,
}

impl CronExpression {
    /// Parses an expression or a macro. Rejects `-`; see [`Schedule::parse`].
    ///
    /// # Errors
    /// [`ScheduleError`] with the field, its value, the expected form and an example.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        // As Java's `String.trim`, then split at spaces.
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

    /// Returns the first time strictly after `after`, in whole seconds. `None` if the expression never fires again.
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

    /// Returns the same time as Spring's class.
    ///
    /// For one kind of expression, that time is not after `after`: if `L-n` reaches back into the previous month
    /// (`L-31`), Spring returns the same day repeatedly. Use this for display and comparison only; a scheduler must use
    /// [`Self::next_after`].
    #[must_use]
    pub fn next_as_spring(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = after.date_naive();
        let mut today_by = self.days_of_month.iter().filter(|entry| entry.next_or_same(today, today).is_some());
        if self.first_day(today) == Some(today) && today_by.all(|entry| entry.repeats_in_spring(today)) {
            self.first_time_on(today)
        } else {
            self.next_after(after)
        }
    }

    /// Returns the first matching day on or after a date. Searches like Spring: each field in turn moves the date
    /// forward, until none does.
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

/// Displays the text from which the expression was parsed.
impl fmt::Display for CronExpression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
