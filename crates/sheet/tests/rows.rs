//! Rows: cells, keys, and rows in JSON.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use keyferry_sheet::{Code, Error, Format, Mapping, Options, Reader, Row, Severity};
use serde_json::{Value, json};

fn mapping(more: Value) -> Mapping {
    let mut mapping = json!({"defaults": {"product_id": 1, "inventory_product_id": 18, "customization_id": "C",
        "pin_length": 8}});
    mapping.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(mapping).unwrap()
}

fn read(format: Format, text: &str, mapping: Mapping) -> Result<(Vec<Row>, Reader), Error> {
    let options = Options { fill_from_directory: true, ..Options::default() };
    let mut reader = Reader::new(format, mapping, options)?;
    let mut rows = reader.push(text.as_bytes())?;
    rows.extend(reader.finish()?);
    Ok((rows, reader))
}

fn csv(text: &str) -> Vec<Row> {
    read(Format::Csv, text, mapping(json!({}))).unwrap().0
}

fn json_lines(text: &str) -> Vec<Row> {
    read(Format::JsonLines, text, mapping(json!({}))).unwrap().0
}

fn codes(row: &Row) -> Vec<Code> {
    row.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn an_empty_user_is_an_error_of_the_row() {
    let rows = csv("user_id,reference\n,1\nada,2\n  ,3\n");
    assert_eq!(
        rows.iter().map(codes).collect::<Vec<_>>(),
        [vec![Code::MissingValue], vec![], vec![Code::MissingValue]]
    );
    assert_eq!(rows[0].findings[0].member, Some("user_id"));
    assert!(rows[0].has_errors() && !rows[1].has_errors());
}

#[test]
fn required_cells_may_be_empty_only_with_the_directory() {
    let header = "user_id,recipient_firstname,recipient_lastname,recipient_email,recipient_telephone,\
        recipient_company,street_line1,city,postal_code,country_code_2\n";
    let mut reader = Reader::new(Format::Csv, mapping(json!({})), Options::default()).unwrap();
    let rows = reader.push(format!("{header}ada,Ada,,a@b.example,1,C,S,Berlin,10115,DE\n").as_bytes()).unwrap();
    assert_eq!(codes(&rows[0]), [Code::MissingValue]);
    assert_eq!(rows[0].findings[0].member, Some("yubico_shipment_request.recipient.recipient_lastname"));
    assert_eq!(codes(&csv(&format!("{header}ada,Ada,,a@b.example,1,C,S,Berlin,10115,DE\n"))[0]), []);
}

#[test]
fn an_address_is_never_from_file_and_directory() {
    let rows = csv("user_id,street,city,zip,country\nada,,Berlin,,\nbob,,,,DE\neve,S 1,Berlin,10115,DE\nfox,,,,\n");
    assert_eq!(rows.iter().map(codes).collect::<Vec<_>>(), [vec![Code::PartialAddress], vec![], vec![], vec![]]);
    assert_eq!(rows[0].findings[0].message, "`street_line1` is missing beside `city`");
    let rows = json_lines(r#"{"user_id": "a", "yubico_shipment_request": {"mailing_address": {"postal_code": "1"}}}"#);
    assert_eq!(codes(&rows[0]), [Code::PartialAddress]);
}

#[test]
fn rows_in_wrong_columns_show_no_values() {
    let rows = csv("user_id,country,additional\nada,Main Street 1, Berlin,DE,no\nbob,DE\ncid,DE,no,,\n");
    assert_eq!(codes(&rows[0]), [Code::TooManyCells]);
    assert!(rows[0].order.is_empty() && !rows[0].findings[0].message.contains("Main"), "{rows:?}");
    assert_eq!(codes(&rows[1]), [Code::TooFewCells]);
    assert_eq!(rows[1].findings[0].severity(), Severity::Warning);
    assert_eq!(codes(&rows[2]), []);
}

#[test]
fn quotation_marks_in_wrong_places_are_found() {
    let rows = csv("user_id,reference,region\n\"Joe \"the boss\" S\",x,y\nada,\"Ber,x\nbob,Par\",x\neve,Rom,x\n");
    assert_eq!(rows.iter().map(codes).collect::<Vec<_>>(), [vec![Code::StrayQuote], vec![Code::SwallowedRows], vec![]]);
    assert!(rows[1].findings[0].message.contains("lines 3 to 4"), "{rows:?}");
    assert_eq!((rows[2].number, rows[2].order["user_id"].as_str()), (4, Some("eve")));
}

#[test]
fn cells_become_the_types_of_an_order() {
    let rows = csv("user_id,product_id,pin_length,additional,emails_to,needed_by,reference\n\
        ada,2,10.0,ja,a@b.example; c@d.example,2026-12-31,=\"0012\"\n\
        bob,,,NULL,,,'+12\n\
        eve,2.5,x,maybe,,soon,#N/A\n\
        fox,1,8,no,,,=A1+1\n");
    let order = &rows[0].order;
    assert_eq!(order["yubico_shipment_request"]["shipment_items"][0]["product_id"], json!(2));
    assert_eq!(order["pin_request"], json!({"length": 10, "type": "generate"}));
    assert_eq!((&order["additional"], &order["reference"]), (&json!(true), &json!("0012")));
    assert_eq!(order["enrollment_contacts"], json!({"emails_to": ["a@b.example", "c@d.example"]}));
    assert_eq!(order["needed_by"], "2026-12-31");
    // Empty cells have the default, or are left out.
    let order = &rows[1].order;
    assert_eq!(order["yubico_shipment_request"]["shipment_items"][0]["product_id"], json!(1));
    assert_eq!(order["reference"], "+12");
    assert!(!order.contains_key("enrollment_contacts") && !order.contains_key("additional"));
    use Code::{InvalidDate, InvalidFlag, InvalidNumber, SpreadsheetError};
    assert_eq!(codes(&rows[2]), [InvalidNumber, InvalidNumber, InvalidFlag, InvalidDate, SpreadsheetError]);
    assert_eq!(codes(&rows[3]), [SpreadsheetError]);
}

#[test]
fn countries_are_found_by_code_and_name() {
    for (text, code) in [
        ("US", "US"),
        ("us", "US"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("Vereinigte Staaten", "US"),
        ("UK", "GB"),
        ("Großbritannien", "GB"),
        ("GBR", "GB"),
        ("Deutschland", "DE"),
        ("ALLEMAGNE", "DE"),
        ("Niemcy", "DE"),
        ("ドイツ", "DE"),
        ("Österreich", "AT"),
        ("Osterreich", "AT"),
        ("Czechia", "CZ"),
        ("Czech Republic", "CZ"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Côte d’Ivoire", "CI"),
        ("Curacao", "CW"),
        ("Schweiz", "CH"),
        ("the Netherlands", "NL"),
    ] {
        let rows = csv(&format!("user_id;country\nada;{text}\n"));
        assert_eq!(rows[0].order["yubico_shipment_request"]["mailing_address"]["country_code_2"], code, "{text}");
    }
    for text in ["Utopia", "XX", "Berlin", "1", "Europe"] {
        let rows = csv(&format!("user_id;country\nada;{text}\n"));
        assert_eq!(codes(&rows[0]), [Code::UnknownCountry], "{text}");
    }
}

#[test]
fn house_numbers_are_joined_in_the_order_of_the_country() {
    for (street, number, country, joined) in [
        ("Hauptstraße", "12a", "DE", "Hauptstraße 12a"),
        ("Main Street", "1", "US", "1 Main Street"),
        ("Hauptstraße 12a", "12a", "DE", "Hauptstraße 12a"),
        ("1 Main Street", "1", "US", "1 Main Street"),
        ("Rue du 8 Mai 1945", "8", "France", "8 Rue du 8 Mai 1945"),
        ("Straße des 17. Juni", "17", "DE", "Straße des 17. Juni 17"),
        ("Hauptstraße", "", "DE", "Hauptstraße"),
    ] {
        let rows = csv(&format!("user_id,street,house number,country\nada,{street},{number},{country}\n"));
        let address = &rows[0].order["yubico_shipment_request"]["mailing_address"];
        assert_eq!(address["street_line1"], joined, "{street} {number}");
    }
}

#[test]
fn repeated_keys_are_found_in_both_rows() {
    let text = "user_id,K\nada,1\nbob, 2 \neve,1\nfox,\ngus,1\n";
    let (rows, reader) = read(Format::Csv, text, mapping(json!({"row_key": "k"}))).unwrap();
    let keys: Vec<_> = rows.iter().map(|row| row.key.as_deref()).collect();
    assert_eq!(keys, [Some("1"), Some("2"), Some("1"), None, Some("1")]);
    assert_eq!(codes(&rows[2]), [Code::RepeatedKey]);
    assert_eq!(codes(&rows[3]), [Code::InvalidKey]);
    assert!(rows[2].findings[0].message.contains("row 2"));
    assert_eq!(reader.repeated_keys(), [(2, 4), (2, 6)]);
}

#[test]
fn json_lines_are_orders_or_flat_objects() {
    let order = json!({"user_id": "ada", "row_key": 7, "pin_request": {"length": 10}, "not_before": "2026-12-01",
        "yubico_shipment_request": {"recipient": {"recipient_company": "Contoso"},
        "shipment_items": [{"product_id": 3}]}});
    let flat =
        r#"{"UPN": "bob", "Ort": "Paris", "rue": "A 1", "CP": 75010, "pays": "France", "product_id": 2, "x": 1}"#;
    let rows = json_lines(&format!("{order}\r\n\r\n{flat}"));
    assert_eq!((rows[0].number, rows[0].key.as_deref()), (1, Some("7")));
    assert_eq!(codes(&rows[0]), []);
    let expected = json!({"user_id": "ada", "not_before": "2026-12-01",
        "pin_request": {"length": 10, "type": "generate"}, "yubico_shipment_request": {
            "recipient": {"recipient_company": "Contoso"}, "shipment_items": [{"product_id": 3,
            "inventory_product_id": 18, "product_quantity": 1, "customization_id": "C"}]}});
    assert_eq!(Value::Object(rows[0].order.clone()), expected);
    assert_eq!((rows[1].number, codes(&rows[1])), (3, vec![Code::UnknownMember]));
    let parcel = &rows[1].order["yubico_shipment_request"];
    let address = json!({"street_line1": "A 1", "city": "Paris", "postal_code": "75010", "country_code_2": "FR"});
    assert_eq!(parcel["mailing_address"], address);
    assert_eq!(parcel["shipment_items"][0]["product_id"], json!(2));
}

#[test]
fn broken_lines_are_errors_of_their_rows() {
    let rows = json_lines(
        "{\"user_id\": \"ada\"}\n{\"user_id\": \n[]\n{\"user_id\": \"a\", \"user_id\": \"b\"}\n\
        {\"user_id\": \"ada\", \"Company\": \"A\", \"company\": \"B\"}\n\
        {\"region\": \"A\", \"yubico_shipment_request\": {\"mailing_address\": {\"region\": \"B\"}}}\n\
        {\"user_id\": null}\n",
    );
    let found: Vec<_> = rows.iter().map(codes).collect();
    assert_eq!(found[..4], [vec![], vec![Code::InvalidJson], vec![Code::InvalidJson], vec![Code::InvalidJson]]);
    assert_eq!(
        found[4..],
        [vec![Code::MemberTwice], vec![Code::MemberTwice, Code::MissingValue], vec![Code::MissingValue]]
    );
    assert!(rows[3].findings[0].message.contains("\"user_id\" is repeated"), "{rows:?}");
    for text in ["[{\"user_id\": \"ada\"}]", "user_id,city\nada,Berlin\n"] {
        let error = read(Format::JsonLines, text, mapping(json!({}))).err().unwrap();
        assert_eq!(error.code(), "wrong-format", "{text}");
    }
    assert_eq!(read(Format::JsonLines, "\n", mapping(json!({}))).err(), Some(Error::Empty));
}

#[test]
fn a_key_that_the_mapping_names_must_be_in_every_object() {
    let text = "{\"user_id\": \"ada\", \"No\": \"1\"}\n{\"user_id\": \"bob\"}\n\
        {\"user_id\": \"eve\", \"No\": null, \"row_key\": \"9\"}\n";
    let (rows, reader) = read(Format::JsonLines, text, mapping(json!({"row_key": "No"}))).unwrap();
    let found: Vec<_> = rows.iter().map(codes).collect();
    assert_eq!(found, [vec![], vec![Code::InvalidKey], vec![Code::InvalidKey, Code::UnknownMember]]);
    assert_eq!(reader.columns().unwrap().row_key.as_deref(), Some("No"));
}

/// The person gives the address where the row states it; a default is for rows without an address.
#[test]
fn row_may_leave_the_address_to_the_person() {
    let text = "user_id,address_by,street,city,zip,country\nada,Person,,,,\nbob,,,,,\neve,,S 1,Berlin,10115,DE\n\
        fox,person,,Berlin,,\ngil,caller,,,,\n";
    let recipient = json!({"recipient_firstname": "A", "recipient_lastname": "B", "recipient_email": "a@b.example",
        "recipient_telephone": "1", "recipient_company": "C"});
    let read = |by: Option<&str>, street: Option<&str>, asks_person| {
        let mut mapping = mapping(json!({}));
        let defaults = serde_json::from_value::<Mapping>(json!({ "defaults": recipient })).unwrap().defaults;
        mapping.defaults.extend(defaults);
        mapping.defaults.extend(by.map(|by| ("address_by".to_owned(), json!(by))));
        mapping.defaults.extend(street.map(|street| ("street_line1".to_owned(), json!(street))));
        let options = Options { asks_person, ..Options::default() };
        let mut reader = Reader::new(Format::Csv, mapping, options).unwrap();
        let mut rows = reader.push(text.as_bytes()).unwrap();
        rows.extend(reader.finish().unwrap());
        rows
    };
    let good = |rows: &[Row]| rows.iter().map(|row| !row.has_errors()).collect::<Vec<_>>();
    assert_eq!(good(&read(None, None, false)), [true, false, true, false, false]);
    assert_eq!(good(&read(None, None, true)), [true, true, true, false, false]);
    let rows = read(Some("person"), None, false);
    assert_eq!(good(&rows), [true, true, true, false, false]);
    assert_eq!((&rows[0].order["address_by"], &rows[1].order["address_by"]), (&json!("person"), &json!("person")));
    assert_eq!(rows[2].order.get("address_by"), None, "the row has an address");
    assert_eq!(codes(&rows[3]), [Code::PartialAddress]);
    // A default of the address is not for the row of a person who gives it.
    let rows = read(None, Some("Head Office 1"), true);
    assert_eq!(rows[0].order.get("yubico_shipment_request").and_then(|it| it.get("mailing_address")), None);
}
