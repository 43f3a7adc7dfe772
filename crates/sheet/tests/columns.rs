//! What headers and mappings mean.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use keyferry_sheet::{Column, Columns, Error, Format, Mapping, Member, Options, Reader};
use serde_json::{Value, json};

const DEFAULTS: &str = r#"{"product_id": 1, "inventory_product_id": 18, "customization_id": "C", "pin_length": 8}"#;

fn read(header: &str, mut mapping: Value) -> Result<(Columns, Vec<String>), Error> {
    if mapping.get("defaults").is_none() {
        mapping["defaults"] = serde_json::from_str(DEFAULTS).unwrap();
    }
    let mapping: Mapping = serde_json::from_value(mapping).unwrap();
    let options = Options { fill_from_directory: true, ..Options::default() };
    let mut reader = Reader::new(Format::Csv, mapping, options)?;
    reader.push(header.as_bytes())?;
    reader.push(b"\n")?;
    let warnings = reader.warnings().iter().map(|warning| warning.message.clone()).collect();
    Ok((reader.columns().unwrap(), warnings))
}

fn error(header: &str, mapping: Value) -> String {
    read(header, mapping).unwrap_err().to_string()
}

fn used(columns: &Columns) -> Vec<(&str, Vec<Member>, bool)> {
    let of = |column: &Column| column.members.clone();
    columns.used.iter().map(|column| (column.header.as_str(), of(column), column.is_guessed)).collect()
}

#[test]
fn the_mapping_takes_precedence_over_guesses() {
    let mapping = json!({"columns": {"Login": "user_id", "Mail": ["recipient_email", "requested_by"], "Phone": null},
        "row_key": "No."});
    let (columns, warnings) = read("No.,UPN,Login,mail,Phone,Notes,", mapping).unwrap();
    let expected =
        [("Login", vec![Member::UserId], false), ("mail", vec![Member::RecipientEmail, Member::RequestedBy], false)];
    assert_eq!(used(&columns), expected);
    assert_eq!(
        (columns.row_key.as_deref(), &columns.unused[..]),
        (Some("No."), &["UPN", "Phone", "Notes"].map(str::to_owned)[..])
    );
    assert!(
        warnings[0].contains("`recipient_telephone`") && !warnings[0].contains("`recipient_email`"),
        "{warnings:?}"
    );
}

#[test]
fn a_file_without_users_is_rejected() {
    let message = error("Vorname;Nachname;Kürzel", json!({}));
    assert!(message.contains("`user_id`") && message.contains("\"Kürzel\""), "{message}");
    // A mail address is not a user principal name by guess.
    let message = error("E-Mail;Vorname", json!({}));
    assert!(message.contains(r#"{"columns": {"E-Mail": ["user_id", "recipient_email"]}}"#), "{message}");
    let message = error("user_id", json!({"defaults": {"product_id": 1}}));
    assert!(message.contains("`inventory_product_id`, `customization_id`, `pin_length`"), "{message}");
    assert!(!message.contains("`product_id`") && !message.contains("`pin_type`"), "{message}");
}

#[test]
fn without_the_directory_recipient_and_address_are_required() {
    let mapping: Mapping = serde_json::from_str(&format!(r#"{{"defaults": {DEFAULTS}}}"#)).unwrap();
    let mut reader = Reader::new(Format::Csv, mapping, Options::default()).unwrap();
    let message = reader.push(b"user_id,city\n").unwrap_err().to_string();
    assert!(message.contains("`recipient_lastname`") && message.contains("`country_code_2`"), "{message}");
    assert!(!message.contains("`city`") && !message.contains("`region`"), "{message}");
}

#[test]
fn ambiguous_columns_are_rejected_with_both_names() {
    let message = error("user_id,Phone,Mobile", json!({}));
    assert!(message.contains(r#"{"columns": {"Phone": "recipient_telephone", "Mobile": null}}"#), "{message}");
    assert!(read("user_id,Phone,Mobile", json!({"columns": {"Phone": null}})).is_ok());
    assert!(read("user_id,Phone,Mobile", json!({"columns": {"Mobile": "recipient_telephone"}})).is_ok());
    let both = json!({"columns": {"A": "city", "B": "recipient.city"}});
    assert!(matches!(read("user_id,A,B", both), Err(Error::SameMember { member: "city", .. })));
    for header in ["user_id,City,city", "user_id,Ort,Ort"] {
        assert!(matches!(read(header, json!({})), Err(Error::RepeatedHeader { first: 2, second: 3, .. })), "{header}");
    }
    assert!(matches!(read("user_id,K,K", json!({"row_key": "K"})), Err(Error::RepeatedHeader { .. })));
    assert!(read("user_id,Notes,Notes", json!({})).is_ok(), "unused");
}

#[test]
fn mistakes_in_a_mapping_are_errors() {
    let message = error("user_id", json!({"columns": {"Town": "city"}}));
    assert!(message.contains("\"Town\""), "{message}");
    let message = error("user_id,Towm", json!({"columns": {"Town": "city"}}));
    assert!(message.contains("Did you mean \"Towm\"?"), "{message}");
    let message = error("user_id,Town", json!({"columns": {"Town": "mailing_address.citty"}}));
    assert!(message.contains("\"mailing_address.citty\"") && message.contains("Did you mean \"city\"?"), "{message}");
    for (mapping, part) in [
        (json!({"row_key": "K"}), "\"K\""),
        (json!({"delimiter": ";;"}), "`delimiter`"),
        (json!({"delimiter": "a"}), "`delimiter`"),
        (json!({"date_format": "DD.MM"}), "`date_format`"),
        (json!({"encoding": "ebcdic"}), "`encoding`"),
        (json!({"defaults": {"product_id": "x"}}), "`product_id`: expected a whole number"),
        (json!({"defaults": {"additional": "perhaps"}}), "`additional`: expected true or false"),
        (json!({"defaults": {"country_code_2": "Utopia"}}), "`country_code_2`: expected a country"),
        (json!({"defaults": {"emails_to": [1]}}), "`emails_to`: expected a list"),
        (json!({"defaults": {"city": true}}), "`city`: expected a text"),
        (json!({"defaults": {"user_id": "ada"}}), "`user_id`: must not"),
        (json!({"defaults": {"city": "A", "recipient.city": "B"}}), "`city`: has two"),
        (json!({"defaults": {"twon": "A"}}), "\"twon\""),
    ] {
        let message = error("user_id", mapping);
        assert!(message.contains(part), "{message}");
    }
    for (text, part) in [
        (r#"{"colums": {}}"#, "unknown field `colums`"),
        (r#"{"columns": {"a": 1}}"#, "expected the name of a member, a list of names, or null"),
        (r#"{"columns": {"a": "city", "a": "region"}}"#, "\"a\" is repeated"),
        (r#"{"columns": []}"#, "expected a map"),
    ] {
        let message = Mapping::from_json(text).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn defaults_may_be_nested_like_an_order() {
    let nested = json!({"defaults": {
        "pin_request": {"type": "generate", "length": 8},
        "yubico_shipment_request": {
            "mailing_address": {"country_code_2": "Deutschland"},
            "shipment_items": [{"product_id": 1, "inventory_product_id": 18, "customization_id": "C"}],
        },
    }});
    let (_, warnings) = read("user_id", nested).unwrap();
    assert!(!warnings[0].contains("country_code_2"), "{warnings:?}");
}

#[test]
fn delimiters_are_detected_in_the_header() {
    for header in [
        "user_id;Vorname;Nachname",
        "user_id\tVorname\tNachname",
        "user_id|Vorname|Nachname",
        "\"user_id\",\"Vorname\",\"Nachname\"",
        "\r\n\r\nuser_id,Vorname,Nachname",
        "sep=;\r\nuser_id;Vorname;Nachname",
        "\"sep=;\"\nuser_id;Vorname;Nachname",
        "SEP=,\ruser_id,Vorname,Nachname",
    ] {
        assert_eq!(read(header, json!({})).unwrap().0.used.len(), 3, "{header}");
    }
    // More commas than semicolons, but in a quoted header, or in one that is not recognised.
    for header in ["user_id;\"a, b, c, d\";Vorname", "user_id;a, b, c, d;Vorname"] {
        assert_eq!(read(header, json!({})).unwrap().0.unused, ["a, b, c, d"], "{header}");
    }
    assert_eq!(read("user_id~Vorname", json!({"delimiter": "~"})).unwrap().0.used.len(), 2);
    assert_eq!(read("sep=;\nuser_id\tVorname", json!({"delimiter": "\\t"})).unwrap().0.used.len(), 2);
}

#[test]
fn a_last_name_may_be_called_name_beside_a_first_name() {
    let (columns, _) = read("user_id;Name;Vorname", json!({})).unwrap();
    assert_eq!(used(&columns)[1], ("Name", vec![Member::RecipientLastname], true));
    assert_eq!(read("user_id,Name,first name", json!({})).unwrap().0.unused, ["Name"]);
}

#[test]
fn other_files_are_rejected() {
    for (text, code) in [
        ("", "empty-file"),
        ("\r\n ; \r\n", "empty-file"),
        ("{\"user_id\": \"ada\"}", "wrong-format"),
        ("user_id,\"x \"y\" z\"\n", "stray-quote"),
        ("user_id,\"open\n", "stray-quote"),
    ] {
        let mapping: Mapping = serde_json::from_str(&format!(r#"{{"defaults": {DEFAULTS}}}"#)).unwrap();
        let mut reader = Reader::new(Format::Csv, mapping, Options::default()).unwrap();
        let error = reader.push(text.as_bytes()).and_then(|_| reader.finish()).unwrap_err();
        assert_eq!(error.code(), code, "{text}");
    }
}
