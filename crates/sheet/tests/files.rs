//! Order files as programs write them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use keyferry_sheet::{Code, Error, Format, Mapping, Options, Reader, Row, template};
use serde_json::json;

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Returns a mapping with defaults for the product and the PIN.
fn mapping(more: serde_json::Value) -> Mapping {
    let mut mapping = json!({"defaults": {"product_id": 1, "inventory_product_id": 18, "customization_id": "CUSTID",
        "pin_length": 8}});
    for (name, value) in more.as_object().unwrap() {
        match (mapping.get_mut(name).and_then(|old| old.as_object_mut()), value.as_object()) {
            (Some(old), Some(new)) => old.extend(new.clone()),
            _ => mapping[name] = value.clone(),
        }
    }
    serde_json::from_value(mapping).unwrap()
}

fn read_in_pieces(bytes: &[u8], size: usize, mapping: Mapping) -> Result<(Vec<Row>, Reader), Error> {
    let mut reader = Reader::new(Format::Csv, mapping, Options::default())?;
    let mut rows = Vec::new();
    for piece in bytes.chunks(size) {
        rows.extend(reader.push(piece)?);
    }
    rows.extend(reader.finish()?);
    Ok((rows, reader))
}

fn read(name: &str, more: serde_json::Value) -> Result<(Vec<Row>, Reader), Error> {
    let bytes = sample(name);
    let whole = read_in_pieces(&bytes, bytes.len(), mapping(more.clone()));
    // The pieces in which a file arrives do not matter.
    for size in [1, 2, 3, 7, 64] {
        let pieces = read_in_pieces(&bytes, size, mapping(more.clone()));
        assert_eq!(pieces.as_ref().map(|(rows, _)| rows), whole.as_ref().map(|(rows, _)| rows), "{name} {size}");
    }
    whole
}

fn codes(row: &Row) -> Vec<Code> {
    row.findings.iter().map(|finding| finding.code).collect()
}

fn warnings(reader: &Reader) -> Vec<&'static str> {
    reader.warnings().iter().map(|warning| warning.code).collect()
}

#[test]
fn one_table_in_all_encodings() {
    let german = json!({"date_format": "DD.MM.YYYY", "row_key": "Personalnummer",
        "columns": {"Eintrittsdatum": "not_before"}});
    let (expected, _) = read("excel-csv-utf-8.csv", german.clone()).unwrap();
    for (name, warns) in [
        ("excel-unicode-text.txt", false),
        ("utf-16-be.txt", false),
        ("old-mac.csv", false),
        ("excel-csv-german.csv", true),
    ] {
        let (rows, reader) = read(name, german.clone()).unwrap();
        assert_eq!(rows, expected, "{name}");
        let expected: &[&str] = if warns { &["guessed-encoding"] } else { &[] };
        assert_eq!(warnings(&reader), expected, "{name}");
    }
    let [juergen, zoe, ute] = &expected[..] else { panic!("{expected:?}") };
    let order = json!({
        "user_id": "juergen@contoso.example",
        "pin_request": {"type": "generate", "length": 8},
        "not_before": "2026-12-01",
        "yubico_shipment_request": {
            "recipient": {
                "recipient_company": "Contoso GmbH",
                "recipient_email": "juergen@contoso.example",
                "recipient_firstname": "Jürgen",
                "recipient_lastname": "Weiß",
                "recipient_telephone": "+49 351 5550100",
            },
            "mailing_address": {
                "street_line1": "Hauptstraße 12 a",
                "city": "Dresden",
                "postal_code": "01067",
                "country_code_2": "DE",
            },
            "shipment_items": [{
                "product_id": 1,
                "inventory_product_id": 18,
                "product_quantity": 1,
                "customization_id": "CUSTID",
            }],
        },
    });
    assert_eq!(serde_json::Value::Object(juergen.order.clone()), order);
    assert_eq!((juergen.number, juergen.key.as_deref(), &juergen.findings[..]), (2, Some("1001"), &[][..]));
    let address = &zoe.order["yubico_shipment_request"]["mailing_address"];
    assert_eq!(address["street_line1"], "8 Rue du 8 Mai 1945");
    assert_eq!(address["country_code_2"], "FR");
    assert!(!zoe.order.contains_key("not_before") && zoe.findings.is_empty());
    assert_eq!(codes(ute), [Code::DamagedNumber, Code::LostZero]);
    assert_eq!(ute.findings[0].column.as_deref(), Some("Telefon"));
    assert_eq!(ute.findings[0].member, Some("yubico_shipment_request.recipient.recipient_telephone"));
}

#[test]
fn ambiguous_dates_are_errors_of_their_rows() {
    let (rows, reader) = read("excel-csv-utf-8.csv", json!({"columns": {"Eintrittsdatum": "not_before"}})).unwrap();
    assert_eq!(codes(&rows[0]), [Code::AmbiguousDate]);
    assert_eq!(rows[2].order["not_before"], "2026-12-31");
    // An employee number is never a row key by guess.
    assert!(rows.iter().all(|row| row.key.is_none()));
    assert_eq!(reader.columns().unwrap().unused, ["Personalnummer"]);
}

#[test]
fn french_with_line_breaks_and_an_empty_row() {
    let (rows, reader) = read("libreoffice-french.csv", json!({})).unwrap();
    let [chloe, luc] = &rows[..] else { panic!("{rows:?}") };
    assert!(chloe.findings.is_empty(), "{:?}", chloe.findings);
    assert_eq!(chloe.order["yubico_shipment_request"]["mailing_address"]["street_line2"], "Bât. B");
    // The empty row counts, as in a spreadsheet.
    assert_eq!((chloe.number, luc.number), (2, 4));
    assert_eq!(codes(luc), [Code::LineBreak, Code::LostZero]);
    assert_eq!(reader.columns().unwrap().unused, ["Remarques"]);
}

#[test]
fn encodings_that_cannot_be_detected_are_named() {
    let (rows, _) = read("excel-japanese.csv", json!({"encoding": "shift_jis"})).unwrap();
    assert!(rows[0].findings.is_empty(), "{:?}", rows[0].findings);
    let address = &rows[0].order["yubico_shipment_request"]["mailing_address"];
    assert_eq!((&address["region"], &address["country_code_2"]), (&json!("東京都"), &json!("JP")));
    assert_eq!(read("excel-japanese.csv", json!({})).err().map(|error| error.code()), Some("invalid-encoding"));

    let (rows, _) = read("excel-polish.csv", json!({"encoding": "windows-1250"})).unwrap();
    assert!(rows[0].findings.is_empty(), "{:?}", rows[0].findings);
    assert_eq!(rows[0].order["yubico_shipment_request"]["recipient"]["recipient_lastname"], "Żółć");
    // As Windows-1252, the header is not recognised: nothing is ordered under a wrong name.
    assert!(read("excel-polish.csv", json!({})).is_err());
}

#[test]
fn users_of_a_directory() {
    let (rows, _) = read("directory-export.csv", json!({})).unwrap();
    assert!(rows[0].findings.is_empty(), "{:?}", rows[0].findings);
    let address = &rows[0].order["yubico_shipment_request"]["mailing_address"];
    assert_eq!(address["street_line1"], "1 Main Street, Apt \"5\"");
    assert_eq!(address["country_code_2"], "US");
}

#[test]
fn the_template_needs_no_mapping() {
    let (rows, _) = read_in_pieces(&template(), 10, Mapping::default()).unwrap();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].findings.is_empty(), "{:?}", rows[0].findings);
    assert!(
        !rows[0].order["yubico_shipment_request"]["mailing_address"].as_object().unwrap().contains_key("street_line2")
    );
}

/// Memory does not grow with the file: at no time are more rows returned than the pushed piece contains.
#[test]
fn a_hundred_thousand_rows() {
    let mut reader = Reader::new(
        Format::Csv,
        mapping(json!({"row_key": "key"})),
        Options { fill_from_directory: true, ..Options::default() },
    )
    .unwrap();
    reader.push(b"key,user_id\r\n").unwrap();
    let mut count = 0;
    for number in 0..100_000 {
        let rows = reader.push(format!("k{number},user{number}@contoso.example\r\n").as_bytes()).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].number, number + 2);
        count += rows.len();
    }
    assert_eq!((count, reader.repeated_keys()), (100_000, &[][..]));
    assert_eq!(reader.push(b"k,one.too.many\r\n"), Err(Error::TooManyRows { limit: 100_000 }));
    assert_eq!(reader.finish(), Err(Error::TooManyRows { limit: 100_000 }));
}
