//! Fuzzes order files: encodings, delimiters, quotation marks, mappings, rows in JSON.
#![no_main]

use keyferry_sheet::{Error, Format, Mapping, Options, Reader, Row};
use libfuzzer_sys::fuzz_target;

const MAPPING: &str = r#"{"defaults": {"product_id": 1, "inventory_product_id": 18, "customization_id": "C",
    "pin_length": 8, "country_code_2": "DE"}}"#;

fn read(format: Format, mapping: &Mapping, bytes: &[u8], size: usize) -> Result<Vec<Row>, Error> {
    let options = Options { fill_from_directory: true, max_rows: 1_000, ..Options::default() };
    let mut reader = Reader::new(format, mapping.clone(), options)?;
    let mut rows = Vec::new();
    for piece in bytes.chunks(size) {
        rows.extend(reader.push(piece)?);
    }
    rows.extend(reader.finish()?);
    let _ = (reader.columns(), reader.warnings());
    Ok(rows)
}

// The first line may be a mapping. The rest is the file.
fuzz_target!(|bytes: &[u8]| {
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap_or_default();
    let (mapping, bytes) = match serde_json::from_slice(&bytes[..line]) {
        Ok(mapping) => (mapping, &bytes[line + 1..]),
        Err(_) => (serde_json::from_str(MAPPING).expect("a mapping"), bytes),
    };
    for format in [Format::Csv, Format::JsonLines] {
        let whole = read(format, &mapping, bytes, bytes.len().max(1));
        let pieces = read(format, &mapping, bytes, 3);
        assert_eq!(whole.as_ref().ok(), pieces.as_ref().ok());
        let rows = match whole {
            Ok(rows) => rows,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        assert!(rows.is_sorted_by(|one, next| one.number < next.number));
        for row in rows {
            assert!(row.has_errors() || row.order.get("user_id").is_some_and(|user| user != ""));
            assert!(row.key.is_none_or(|key| !key.is_empty()));
        }
    }
});
