//! Arbitrary files: the pieces in which they arrive do not matter, and every row is an order or has an error.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use keyferry_sheet::{Error, Format, Mapping, Options, Reader, Row, Writer};
use proptest::prelude::*;

const MAPPING: &str = r#"{"defaults": {"product_id": 1, "inventory_product_id": 18, "customization_id": "C",
    "pin_length": 8, "country_code_2": "DE"}}"#;

fn read(format: Format, bytes: &[u8], size: usize) -> Result<Vec<Row>, Error> {
    let options = Options { fill_from_directory: true, ..Options::default() };
    let mut reader = Reader::new(format, Mapping::from_json(MAPPING).unwrap(), options)?;
    let mut rows = Vec::new();
    for piece in bytes.chunks(size) {
        rows.extend(reader.push(piece)?);
    }
    rows.extend(reader.finish()?);
    Ok(rows)
}

fn check(format: Format, bytes: &[u8], size: usize) -> Result<(), TestCaseError> {
    let whole = read(format, bytes, bytes.len().max(1));
    // Which of several errors is found first depends on the pieces.
    prop_assert_eq!(read(format, bytes, size).ok(), whole.clone().ok());
    let rows = whole.unwrap_or_default();
    prop_assert!(rows.is_sorted_by(|one, next| one.number < next.number));
    for row in rows {
        prop_assert!(row.has_errors() || row.order.get("user_id").is_some_and(|user| user != ""), "{:?}", row);
    }
    Ok(())
}

proptest! {
    #[test]
    fn csv(
        header in "(user_id|UPN)[;,](city|zip|\"a\nb\"|Land)[;,\t]?",
        rows in "[a1;,\t\"\r\n é=€]{0,60}",
        size in 1_usize..9,
    ) {
        check(Format::Csv, format!("{header}\n{rows}").as_bytes(), size)?;
    }

    #[test]
    fn json_lines(
        lines in "(\\{(\"user_id\":(\"a\"|\"\"|1|null|\\{\\})|\"city\":\"B\")?\\}|[\\[{}\"\r\n ]){0,12}",
        size in 1_usize..9,
    ) {
        check(Format::JsonLines, lines.as_bytes(), size)?;
    }

    #[test]
    fn bytes(bytes: Vec<u8>, size in 1_usize..9) {
        check(Format::Csv, &bytes, size)?;
        check(Format::JsonLines, &bytes, size)?;
    }

    /// What our writer writes, our reader reads: no row and no text is lost.
    #[test]
    fn written_files(values in prop::collection::vec("[a-zé0-9;,\"+@ -]{0,8}", 1..6)) {
        let mut writer = Writer::default();
        writer.row(["user_id", "reference"]);
        for value in &values {
            writer.row(["ada", value]);
        }
        let rows = read(Format::Csv, &writer.take(), 7).unwrap();
        let reference = |row: &Row| row.order.get("reference").map_or("", |it| it.as_str().unwrap()).to_owned();
        let read: Vec<_> = rows.iter().map(reference).collect();
        prop_assert_eq!(read, values.iter().map(|value| value.trim()).collect::<Vec<_>>());
    }
}
