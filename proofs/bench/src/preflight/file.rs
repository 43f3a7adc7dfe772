//! An order file as an HR system exports it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

const HEADER: &str = "row_key,user_id,recipient_firstname,recipient_lastname,recipient_email,recipient_telephone,\
                      recipient_company,street_line1,street_line2,city,region,postal_code,country_code_2,product_id,\
                      inventory_product_id,customization_id,pin_length,not_before,needed_by\r\n";

const NAMES: [(&str, &str); 6] = [
    ("Adele", "Vance"),
    ("Zoë", "Müller-Lüdenscheidt"),
    ("José", "Ibáñez"),
    ("Łukasz", "Żółtowski"),
    ("Grace", "\"O\"\"Hara, MD\""),
    ("愛", "佐藤"),
];

const PLACES: [(&str, &str, &str, &str); 4] = [
    ("\"1 Main Street, Suite 4\"", "Seattle", "WA", "98101,US"),
    ("Große Straße 17", "Köln", "", "50667,Germany"),
    ("12 Rue de l'Église", "Paris", "", "75001,FR"),
    ("Calle Mayor 3", "Madrid", "", "28013,ES"),
];

/// Mapping of the file: its only column that is not guessed.
pub(super) const MAPPING: &str = r#"{"row_key": "row_key"}"#;

/// Rows with an error: one in this many has no city, and one an impossible date.
pub(super) const WRONG: u32 = 100;

/// Writes the file.
pub(super) fn write(path: &Path, rows: u32) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    file.write_all(HEADER.as_bytes()).unwrap();
    let mut line = String::new();
    for number in 0..rows {
        line.clear();
        let (first, last) = NAMES[number as usize % NAMES.len()];
        let (street, city, region, place) = PLACES[number as usize % PLACES.len()];
        let city = if number % WRONG == 3 { "" } else { city };
        let day = if number % WRONG == 7 { "2026-02-30" } else { "2027-01-04" };
        write!(
            line,
            "P{number:06},user{number:06}@contoso.onmicrosoft.com,{first},{last},user{number:06}@contoso.example,\
             +49 221 55{number:06},Contoso,{street},,{city},{region},{place},1,18,CUSTID,8,{day},2027-02-01\r\n"
        )
        .unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
    file.flush().unwrap();
}
