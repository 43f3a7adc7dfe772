//! Normalisation of one field: from Spring's notation to a plain list of numbers.

use std::collections::BTreeSet;

use super::error::ScheduleError;
use super::field::CronField;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/// Returns the numbers of a field, ascending and separated by commas. `croner` reads this form the same way as Spring.
pub(super) fn list(field: CronField, text: &str) -> Result<String, ScheduleError> {
    let named = numbered(field, text);
    let numbers = expand(field, &named).map_err(|problem| ScheduleError::in_field(field, text, problem))?;
    let numbers: Vec<String> = numbers.iter().map(i32::to_string).collect();
    Ok(numbers.join(","))
}

/// Replaces names of months and days by their numbers. Sunday is 7.
pub(super) fn numbered(field: CronField, text: &str) -> String {
    let names: &[&str] = match field {
        CronField::Month => &MONTHS,
        CronField::DayOfWeek => &DAYS,
        _ => return text.to_owned(),
    };
    (1..).zip(names).fold(text.to_uppercase(), |text, (number, name): (u32, _)| text.replace(name, &number.to_string()))
}

/// Parses a number and checks that it is in the range of the field.
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
            _ => Err(format!("the step \"{step}\" is not a number of at least 1")),
        })?;
        numbers.extend((first..=last).step_by(step));
    }
    Ok(numbers)
}

/// Returns the first and the last number of `*`, `5` or `5-10`.
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
        // In a range, Sunday as the first day is 0, so that `SUN-TUE` ascends.
        first = 0;
    }
    if first > last {
        return Err(format!("the range \"{text}\" runs backwards"));
    }
    Ok((first, last))
}
