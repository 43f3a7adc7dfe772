//! Texts that are longer than one column may be.
//!
//! A property holds 64 KiB at most, so a long text is spread over the columns `NAME`, `NAME_1` and so on; `NAME_parts`
//! tells how many count.

use serde_json::Value;

use super::columns::{Columns, Row};

/// Characters of UTF-16 in one column; 32,768 are the limit.
const PART: usize = 32_000;

/// The most parts: more do not fit into a row, which holds 1 MiB.
const MOST_PARTS: usize = 15;

/// Writes the text into columns and returns their number, `None` when it is longer than a row may be. `before` is the
/// number of columns that the row has; those that are no longer needed are emptied.
pub(super) fn write(columns: &mut Columns, name: &str, text: &str, before: usize) -> Option<usize> {
    let parts = split(text);
    if parts.len() > MOST_PARTS {
        return None;
    }
    for number in 0..parts.len().max(before) {
        columns.insert(part_name(name, number), Value::from(parts.get(number).copied().unwrap_or_default()));
    }
    columns.insert(count_name(name), Value::from(parts.len()));
    Some(parts.len())
}

/// Returns the text and the number of its columns, else which column is wrong.
pub(super) fn read(row: &Row, name: &str) -> Result<(String, usize), String> {
    let parts =
        row.columns.get(&count_name(name)).and_then(Value::as_u64).and_then(|parts| usize::try_from(parts).ok());
    let parts = parts
        .filter(|parts| (1..=MOST_PARTS).contains(parts))
        .ok_or_else(|| format!("column `{}` is not a number of parts", count_name(name)))?;
    Ok(((0..parts).map(|number| row.text(&part_name(name, number))).collect(), parts))
}

/// Returns as much of the text as one column holds.
pub(super) fn shortened(text: &str) -> &str {
    split(text).first().copied().unwrap_or_default()
}

fn count_name(name: &str) -> String {
    format!("{name}_parts")
}

fn part_name(name: &str, number: usize) -> String {
    if number == 0 { name.to_owned() } else { format!("{name}_{number}") }
}

/// Pieces of at most [`PART`] units of UTF-16.
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
    fn parts_are_cut_between_characters_and_by_units_of_utf_16() {
        let text = "🔑".repeat(PART);
        let parts = split(&text);
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| part.encode_utf16().count() <= PART));
        assert_eq!(parts.concat(), text);
        assert_eq!(split(""), [""]);
        assert_eq!(split("ab"), ["ab"]);
    }

    #[test]
    fn a_text_comes_back_whatever_was_there_before() {
        let mut columns = Columns::new();
        for text in ["x".repeat(3 * PART), "short".to_owned(), String::new(), "y".repeat(PART + 1)] {
            assert!(write(&mut columns, "record", &text, 3).is_some());
            let row = Row { etag: String::new(), columns: columns.clone() };
            assert_eq!(read(&row, "record").unwrap().0, text);
        }
        assert_eq!(write(&mut columns, "record", &"z".repeat(MOST_PARTS * PART + 1), 0), None);
    }
}
