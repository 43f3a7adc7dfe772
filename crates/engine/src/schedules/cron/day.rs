//! The two day fields: plain numbers, and entries that depend on the month.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

use super::error::ScheduleError;
use super::field::CronField;
use super::list;

/// Entry of the day-of-month field.
#[derive(Debug, Clone)]
pub(super) enum DayOfMonth {
    /// Plain numbers, `L` or `LW`.
    Pattern(Box<Cron>),
    /// `L-n`: n days before the last day of a month. As in Spring, this is a day of the previous month if n is larger
    /// than the month.
    BeforeLast(u64),
    /// `nW`: the weekday (Monday to Friday) nearest to day n.
    Nearest(u32),
}

impl DayOfMonth {
    /// Returns the date itself if it matches, else the next date that Spring moves to. `None` after `end`.
    pub(super) fn next_or_same(&self, date: NaiveDate, end: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Pattern(cron) => scan(date, end, |date| matches(cron, date)),
            Self::BeforeLast(days) => scan(date, end, |date| month_end_after(date, *days).is_some()),
            Self::Nearest(wanted) => nearest_weekday(*wanted, date, end),
        }
    }

    /// Returns whether Spring returns this date again for any time on it. This happens if the `L-n` of a later month
    /// falls on this date: Spring searches from the month of the date, and finds the match only after it has moved past
    /// the date.
    pub(super) fn repeats_in_spring(&self, date: NaiveDate) -> bool {
        let Self::BeforeLast(days) = *self else {
            return false;
        };
        let later_month =
            month_end_after(date, days).is_some_and(|end| (end.year(), end.month()) != (date.year(), date.month()));
        // Spring compares only the day of the month, so it takes the same day of an earlier month for today.
        let same_number = last_of_month(date)
            .and_then(|last| last.checked_sub_days(Days::new(days)))
            .is_some_and(|own| own.day() == date.day());
        later_month && !same_number
    }
}

/// Implements Spring's `nW`.
///
/// A Saturday moves to the Friday before and a Sunday to the Monday after, but the Saturday of `1W` moves to the 3rd. A
/// Sunday at the end of its month would move to the next month, where it does not match. Spring accepts Friday n-1 and
/// Monday n+1 without checking that day n exists.
fn nearest_weekday(wanted: u32, date: NaiveDate, end: NaiveDate) -> Option<NaiveDate> {
    let day = date.day();
    let fits = match date.weekday() {
        Weekday::Fri => day == wanted || day + 1 == wanted,
        Weekday::Mon => day == wanted || day == wanted + 1 || (wanted == 1 && day == 3),
        Weekday::Sat | Weekday::Sun => false,
        _ => day == wanted,
    };
    if fits {
        return Some(date);
    }
    let target = scan(date, end, |date| date.day() == wanted)?;
    let moved = match target.weekday() {
        Weekday::Sat if wanted == 1 => target.checked_add_days(Days::new(2))?,
        Weekday::Sat => target.pred_opt()?,
        Weekday::Sun => target.succ_opt()?,
        _ => target,
    };
    if moved < date { nearest_weekday(wanted, last_of_month(date)?.succ_opt()?, end) } else { Some(moved) }
}

/// Returns the first matching date between two dates, inclusive.
pub(super) fn scan(from: NaiveDate, end: NaiveDate, fits: impl Fn(NaiveDate) -> bool) -> Option<NaiveDate> {
    from.iter_days().take_while(|date| *date <= end).find(|date| fits(*date))
}

/// Returns whether the day fields of a pattern match a date.
pub(super) fn matches(cron: &Cron, date: NaiveDate) -> bool {
    let weekday = croner::Weekday::from_days_from_sunday(date.weekday().num_days_from_sunday());
    cron.pattern.day_match(date.year(), date.month(), date.day(), weekday).is_ok_and(|fits| fits)
}

/// Parses a pattern in the library's dialect. All six fields must match.
pub(super) fn pattern(normalised: &str) -> Result<Cron, ScheduleError> {
    CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Disallowed)
        .dom_and_dow(true)
        .build()
        .parse(normalised)
        .map_err(|error| ScheduleError::Library { normalised: normalised.to_owned(), reason: error.to_string() })
}

/// Returns the date `days` later, if it is the last day of its month.
fn month_end_after(date: NaiveDate, days: u64) -> Option<NaiveDate> {
    let end = date.checked_add_days(Days::new(days))?;
    (end.succ_opt()?.day() == 1).then_some(end)
}

fn last_of_month(date: NaiveDate) -> Option<NaiveDate> {
    let length = u32::from(date.num_days_in_month());
    date.with_day(length)
}

/// Parses a day-of-month field. Plain numbers become one entry, unless the list also has special entries.
pub(super) fn days_of_month(text: &str) -> Result<Vec<DayOfMonth>, ScheduleError> {
    const FIELD: CronField = CronField::DayOfMonth;
    let special = |entry: &str| entry.contains(['L', 'W']);
    let library = |term: &str| pattern(&format!("0 0 0 {term} * *")).map(|cron| DayOfMonth::Pattern(Box::new(cron)));
    if !special(text) {
        return Ok(vec![library(&list::list(FIELD, text)?)?]);
    }
    let entries: BTreeSet<&str> = text.split(',').collect();
    entries
        .into_iter()
        .map(|entry| match entry {
            "L" | "LW" => library(entry),
            entry if special(entry) => {
                special_day_of_month(entry).map_err(|problem| ScheduleError::in_field(FIELD, text, problem))
            }
            entry => library(&list::list(FIELD, entry)?),
        })
        .collect()
}

fn special_day_of_month(entry: &str) -> Result<DayOfMonth, String> {
    if let Some(offset) = entry.strip_prefix('L') {
        return match offset.parse::<i32>() {
            Ok(offset @ ..0) => Ok(DayOfMonth::BeforeLast(u64::from(offset.unsigned_abs()))),
            _ => Err(format!("\"L\" must be followed by \"W\" or a negative number, not \"{offset}\"")),
        };
    }
    let day = entry
        .strip_suffix('W')
        .ok_or_else(|| format!("\"L\" must be first and \"W\" last in an entry, unlike in \"{entry}\""))?;
    let day = list::number(CronField::DayOfMonth, day)?;
    Ok(DayOfMonth::Nearest(day.unsigned_abs()))
}

/// Parses a day-of-week field. An entry that cannot occur (`MON#6`) is omitted, so the result can be empty.
pub(super) fn days_of_week(text: &str) -> Result<Vec<Cron>, ScheduleError> {
    const FIELD: CronField = CronField::DayOfWeek;
    let numbered = list::numbered(FIELD, text);
    let special = |entry: &str| entry.contains(['L', '#']);
    let mut terms = BTreeSet::new();
    if special(&numbered) {
        for entry in numbered.split(',') {
            if special(entry) {
                let term =
                    special_day_of_week(entry).map_err(|problem| ScheduleError::in_field(FIELD, text, problem))?;
                terms.extend(term);
            } else {
                terms.insert(list::list(FIELD, entry)?);
            }
        }
    } else {
        terms.insert(list::list(FIELD, text)?);
    }
    terms.iter().map(|term| pattern(&format!("0 0 0 * * {term}"))).collect()
}

fn special_day_of_week(entry: &str) -> Result<Option<String>, String> {
    if let Some(day) = entry.strip_suffix('L') {
        let day = list::number(CronField::DayOfWeek, day)?;
        return Ok(Some(format!("{day}L")));
    }
    let (day, nth) =
        entry.rsplit_once('#').ok_or_else(|| format!("\"L\" must be last in an entry, unlike in \"{entry}\""))?;
    let day = list::number(CronField::DayOfWeek, day)?;
    match nth.parse::<i32>() {
        Ok(nth @ 1..=5) => Ok(Some(format!("{day}#{nth}"))),
        Ok(6..) => Ok(None),
        _ => Err(format!("\"#\" must be followed by a number of at least 1, not \"{nth}\"")),
    }
}
