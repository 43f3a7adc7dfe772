//! Texts that exceed the maximum size of a column.
//!
//! A property holds at most 64 KiB, so a long text is split over the columns `NAME`, `NAME_1` and so on. The column
//! `NAME_parts` contains the number of columns in use.

use serde_json::Value;

use super::columns::{Columns, Row};

/// UTF-16 code units in one column. The limit is 32,768.
const PART: usize = 32_000;

/// Maximum number of parts. More do not fit into a row, whose limit is 1 MiB.
const MAX_PARTS: usize = 15;

/// Writes the text into columns and returns their number, or `None` if the text does not fit into a row.
///
/// `before` is the number of columns that the row has. Columns that are no longer needed are emptied.
pub(super) fn write(columns: &mut Columns, name: &str, text: &str, before: usize) -> Option<usize> {
    let parts = split(text);
    if parts.len() > MAX_PARTS {
        return None;
    }
    for number in 0..parts.len().max(before) {
        columns.insert(part_name(name, number), Value::from(parts.get(number).copied().unwrap_or_default()));
    }
    columns.insert(count_name(name), Value::from(parts.len()));
    Some(parts.len())
}

/// Returns the text and the number of its columns, or a reason that names the invalid column.
pub(super) fn read(row: &Row, name: &str) -> Result<(String, usize), String> {
    let parts =
        row.columns.get(&count_name(name)).and_then(Value::as_u64).and_then(|parts| usize::try_from(parts).ok());
    let parts = parts
        .filter(|parts| (1..=MAX_PARTS).contains(parts))
        .ok_or_else(|| format!("column `{}` is not a number of parts", count_name(name)))?;
    Ok(((0..parts).map(|number| row.text(&part_name(name, number))).collect(), parts))
}

/// Returns the part of the text that fits into one column.
pub(super) fn shortened(text: &str) -> &str {
    split(text).first().copied().unwrap_or_default()
}

/// Returns the number of columns that a text may have. At least one.
pub(super) fn parts(row: &Row, name: &str) -> usize {
    let parts = row.columns.get(&count_name(name)).and_then(Value::as_u64);
    parts.and_then(|parts| usize::try_from(parts).ok()).unwrap_or(1).clamp(1, MAX_PARTS)
}

fn count_name(name: &str) -> String {
    format!("{name}_parts")
}

fn part_name(name: &str, number: usize) -> String {
    if number == 0 { name.to_owned() } else { format!("{name}_{number}") }
}

/// Splits a text into parts of at most [`PART`] UTF-16 code units.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut units) = (0, 0);
    for (index, c) in text.char_indices() {
        if units + c.len_utf16() > PART {
            parts.push(&text[start..index]);
            (start, units) = (index, 0);
        }
        units += c.len_utf16();
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_between_characters_by_utf16_length() {
        let text = "🔑".repeat(PART);
        let parts = split(&text);
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| part.encode_utf16().count() <= PART));
        assert_eq!(parts.concat(), text);
        assert_eq!(split(""), [""]);
        assert_eq!(split("ab"), ["ab"]);
    }

    #[test]
    fn reads_back_text_after_longer_and_shorter_texts() {
        let mut columns = Columns::new();
        for text in ["x".repeat(3 * PART), "short".to_owned(), String::new(), "y".repeat(PART + 1)] {
            assert!(write(&mut columns, "record", &text, 3).is_some());
            let row = Row { etag: String::new(), columns: columns.clone() };
            assert_eq!(read(&row, "record").unwrap().0, text);
        }
        assert_eq!(write(&mut columns, "record", &"z".repeat(MAX_PARTS * PART + 1), 0), None);
    }
}
