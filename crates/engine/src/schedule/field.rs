//! One field: from Spring's notation to a plain list of numbers.

use std::{collections::BTreeSet, fmt, ops::RangeInclusive};

use super::ScheduleError;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/// A field of a cron expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CronField {
    /// The first field, 0 to 59.
    Second,
    /// The second field, 0 to 59.
    Minute,
    /// The third field, 0 to 23.
    Hour,
    /// The fourth field, 1 to 31.
    DayOfMonth,
    /// The fifth field, 1 to 12 or JAN to DEC.
    Month,
    /// The sixth field, 0 to 7 or MON to SUN; 0 and 7 are Sunday.
    DayOfWeek,
}

impl CronField {
    /// What `*` and an open step (`3/2`) cover. A day of the week may also be written 0.
    const fn range(self) -> RangeInclusive<i32> {
        match self {
            Self::Second | Self::Minute => 0..=59,
            Self::Hour => 0..=23,
            Self::DayOfMonth => 1..=31,
            Self::Month => 1..=12,
            Self::DayOfWeek => 1..=7,
        }
    }

    /// What may stand in the field, for an error message.
    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::Second | Self::Minute => "0-59, \"*\", a range \"5-10\", a step \"*/15\", or a list of these",
            Self::Hour => "0-23, \"*\", a range \"8-17\", a step \"*/6\", or a list of these",
            Self::DayOfMonth => {
                "1-31, \"*\" or \"?\", a range \"1-7\", a step \"*/10\", \"L\", \"L-3\", \"LW\", \"15W\", or a list of these"
            }
            Self::Month => "1-12 or JAN-DEC, \"*\", a range \"JAN-JUN\", a step \"*/3\", or a list of these",
            Self::DayOfWeek => {
                "0-7 or MON-SUN (0 and 7 are Sunday), \"*\" or \"?\", a range \"MON-FRI\", a step, \"FRIL\", \"MON#1\", or a list of these"
            }
        }
    }

    /// A whole expression that shows the field in use, for an error message.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Second => "*/30 * * * * *",
            Self::Minute => "0 */30 * * * *",
            Self::Hour => "0 0 8-17 * * *",
            Self::DayOfMonth => "0 0 6 1,15 * *",
            Self::Month => "0 0 6 1 JAN,JUL *",
            Self::DayOfWeek => "0 0 6 * * MON-FRI",
        }
    }

    pub(super) fn refuse(self, came: &str, problem: impl Into<String>) -> ScheduleError {
        ScheduleError::Field { field: self, came: came.to_owned(), problem: problem.into() }
    }
}

impl fmt::Display for CronField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Second => "second (first)",
            Self::Minute => "minute (second)",
            Self::Hour => "hour (third)",
            Self::DayOfMonth => "day of month (fourth)",
            Self::Month => "month (fifth)",
            Self::DayOfWeek => "day of week (sixth)",
        })
    }
}

/// The numbers that a field stands for, ascending, separated by commas: what `croner` takes for any dialect.
pub(super) fn list(field: CronField, text: &str) -> Result<String, ScheduleError> {
    let named = numbered(field, text);
    let numbers = expand(field, &named).map_err(|problem| field.refuse(text, problem))?;
    let numbers: Vec<String> = numbers.iter().map(i32::to_string).collect();
    Ok(numbers.join(","))
}

/// The text with the names of months or days replaced by their numbers; Sunday is 7.
pub(super) fn numbered(field: CronField, text: &str) -> String {
    let names: &[&str] = match field {
        CronField::Month => &MONTHS,
        CronField::DayOfWeek => &DAYS,
        _ => return text.to_owned(),
    };
    (1..).zip(names).fold(text.to_uppercase(), |text, (number, name): (u32, _)| text.replace(name, &number.to_string()))
}

/// A number that the field may hold.
pub(super) fn number(field: CronField, text: &str) -> Result<i32, String> {
    let number: i32 = text.parse().map_err(|_| format!("\"{text}\" is not a number"))?;
    let range = field.range();
    if range.contains(&number) || (field == CronField::DayOfWeek && number == 0) {
        Ok(number)
    } else {
        Err(format!("{number} is outside {}-{}", range.start(), range.end()))
    }
}

fn expand(field: CronField, text: &str) -> Result<BTreeSet<i32>, String> {
    let days = matches!(field, CronField::DayOfMonth | CronField::DayOfWeek);
    let text = if days && text == "?" { "*" } else { text };
    let mut numbers = BTreeSet::new();
    for entry in text.split(',') {
        let (base, step) = match entry.split_once('/') {
            Some((base, step)) => (base, Some(step)),
            None => (entry, None),
        };
        let (first, mut last) = bounds(field, base)?;
        if step.is_some() && !base.contains('-') {
            last = *field.range().end();
        }
        let step = step.map_or(Ok(1), |step| match step.parse() {
            Ok(step @ 1..=i32::MAX) => Ok(usize::try_from(step).unwrap_or(usize::MAX)),
            _ => Err(format!("the step \"{step}\" is not a number from 1 on")),
        })?;
        numbers.extend((first..=last).step_by(step));
    }
    Ok(numbers)
}

/// The first and the last number of `*`, `5` or `5-10`.
fn bounds(field: CronField, text: &str) -> Result<(i32, i32), String> {
    if text == "*" {
        return Ok(field.range().into_inner());
    }
    let Some((first, last)) = text.split_once('-') else {
        let only = number(field, text)?;
        return Ok((only, only));
    };
    let (mut first, last) = (number(field, first)?, number(field, last)?);
    if field == CronField::DayOfWeek && first == 7 {
        // A range that starts on Sunday starts the week.
        first = 0;
    }
    if first > last {
        return Err(format!("the range \"{text}\" runs backwards"));
    }
    Ok((first, last))
}
