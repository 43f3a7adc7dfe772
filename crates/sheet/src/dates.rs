//! Dates in cells.

use chrono::NaiveDate;

use crate::error::Error;
use crate::finding::{Code, shown};

/// Parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
}

/// Form of dates: the order of the parts. Any separators are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateFormat([Part; 3]);

impl DateFormat {
    /// Parses a form such as `DD.MM.YYYY`, `M/D/YYYY` or `%d.%m.%Y`.
    pub(crate) fn parse(format: &str) -> Result<Self, Error> {
        let invalid = || Error::DateFormat { format: format.to_owned() };
        let mut parts = Vec::new();
        for word in format.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()) {
            parts.push(match word.to_ascii_uppercase().as_str() {
                "YYYY" => Part::Year,
                "Y" if format.contains("%Y") => Part::Year,
                "MM" | "M" => Part::Month,
                "DD" | "D" => Part::Day,
                _ => return Err(invalid()),
            });
        }
        let parts: [Part; 3] = parts.try_into().map_err(|_| invalid())?;
        let has_all = [Part::Year, Part::Month, Part::Day].iter().all(|part| parts.contains(part));
        if has_all { Ok(Self(parts)) } else { Err(invalid()) }
    }
}

/// Parses a date, and returns it as `YYYY-MM-DD`.
pub(crate) fn parse(text: &str, format: Option<DateFormat>) -> Result<String, (Code, String)> {
    let expected = |code| (code, format!("expected a date such as 2026-12-31, but got {}", shown(text)));
    let day = without_midnight(text);
    let numbers: Vec<&str> = day.split(['-', '.', '/', ' ']).filter(|part| !part.is_empty()).collect();
    if numbers.iter().any(|number| !number.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(expected(Code::InvalidDate));
    }
    let order = match *numbers.as_slice() {
        // SAP and others: 20261231.
        [all] if all.len() == 8 && format.is_none() => {
            return date(&all[..4], &all[4..6], &all[6..]).ok_or_else(|| expected(Code::InvalidDate));
        }
        [all] if all.len() == 5 => {
            let message = format!("{all} is the internal number of a date in a spreadsheet, not a date");
            return Err((Code::InvalidDate, message));
        }
        [year, _, _] if year.len() == 4 => [Part::Year, Part::Month, Part::Day],
        [first, second, year] if year.len() == 4 => match format {
            Some(DateFormat(order)) => order,
            None => match (first.parse::<u32>(), second.parse::<u32>()) {
                (Ok(first), Ok(second)) if first > 12 && second <= 12 => [Part::Day, Part::Month, Part::Year],
                (Ok(first), Ok(second)) if second > 12 && first <= 12 => [Part::Month, Part::Day, Part::Year],
                (Ok(first), Ok(second)) if first == second => [Part::Day, Part::Month, Part::Year],
                _ => {
                    let message = format!("{} can be read as day and month or as month and day", shown(text));
                    return Err((Code::AmbiguousDate, message));
                }
            },
        },
        _ => return Err(expected(Code::InvalidDate)),
    };
    let part = |part| order.iter().zip(&numbers).find(|(have, _)| **have == part).map_or("", |(_, number)| *number);
    date(part(Part::Year), part(Part::Month), part(Part::Day)).ok_or_else(|| expected(Code::InvalidDate))
}

/// Removes a time of zero, which exports of databases append.
fn without_midnight(text: &str) -> &str {
    let Some((day, time)) = text.split_once(['T', ' ']) else { return text };
    let time = time.trim_end_matches('Z');
    let is_midnight = time.contains(':') && time.bytes().all(|byte| matches!(byte, b'0' | b':' | b'.'));
    if is_midnight { day } else { text }
}

fn date(year: &str, month: &str, day: &str) -> Option<String> {
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    Some(date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unambiguous_dates_need_no_format() {
        for text in [
            "2026-12-31",
            "2026/12/31",
            "2026.12.31",
            "20261231",
            "31.12.2026",
            "31/12/2026",
            "12/31/2026",
            "2026-12-31 00:00:00",
            "2026-12-31T00:00:00.000Z",
            "31.12.2026 00:00",
        ] {
            assert_eq!(parse(text, None).as_deref(), Ok("2026-12-31"), "{text}");
        }
        assert_eq!(parse("2026-1-2", None).as_deref(), Ok("2026-01-02"));
        assert_eq!(parse("03.03.2026", None).as_deref(), Ok("2026-03-03"));
    }

    #[test]
    fn ambiguous_dates_need_a_format() {
        for text in ["01.12.2026", "1/12/2026", "12-01-2026"] {
            assert_eq!(parse(text, None).unwrap_err().0, Code::AmbiguousDate, "{text}");
        }
        let german = DateFormat::parse("DD.MM.YYYY").unwrap();
        let american = DateFormat::parse("M/D/YYYY").unwrap();
        assert_eq!(DateFormat::parse("%d.%m.%Y").unwrap(), german);
        assert_eq!(parse("01.12.2026", Some(german)).as_deref(), Ok("2026-12-01"));
        assert_eq!(parse("1/12/2026", Some(american)).as_deref(), Ok("2026-01-12"));
        assert_eq!(parse("2026-01-12", Some(american)).as_deref(), Ok("2026-01-12"));
        assert_eq!(parse("31/12/2026", Some(american)).unwrap_err().0, Code::InvalidDate);
    }

    #[test]
    fn other_text_is_no_date() {
        for text in [
            "46357",
            "2026-13-01",
            "2026-02-30",
            "31.12.26",
            "soon",
            "2026-12-31T08:00:00Z",
            "2026",
            "1-2-3",
            "",
            "2026-12-31-1",
            "99999-12-31",
            "１２.１２.２０２６",
        ] {
            assert_eq!(parse(text, None).unwrap_err().0, Code::InvalidDate, "{text}");
        }
        for format in ["", "DD.MM", "DD.MM.YY", "DD.DD.YYYY", "YYYY-MM-DD-DD", "TT.MM.JJJJ"] {
            assert!(DateFormat::parse(format).is_err(), "{format}");
        }
    }
}
