//! Countries by code and name.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::guess::normalized;

/// Code of two letters, code of three letters, names: one country per line, with tabs. See `data/README.md`.
const DATA: &str = include_str!("../data/countries.tsv");

/// Names that are common beside those of the data, and codes that are common beside those of ISO 3166-1.
const MORE: &[(&str, &[&str])] = &[
    ("GB", &["UK", "England", "Scotland", "Wales", "Northern Ireland", "Great Britain", "Großbritannien", "Britain"]),
    ("US", &["USA", "U.S.A.", "United States of America", "America", "Vereinigte Staaten von Amerika", "EE. UU."]),
    ("GR", &["EL"]),
    ("NL", &["Holland", "The Netherlands", "Nederland"]),
    ("DE", &["Bundesrepublik Deutschland", "Federal Republic of Germany", "BRD"]),
    ("CZ", &["Czech Republic", "Tschechische Republik", "République tchèque", "República Checa", "Repubblica Ceca"]),
    ("KR", &["Korea", "Republic of Korea", "Korea, Republic of"]),
    ("TR", &["Turkey", "Türkei"]),
    ("CI", &["Ivory Coast"]),
    ("AE", &["UAE", "VAE"]),
    ("VN", &["Viet Nam"]),
    ("RU", &["Russian Federation"]),
    ("TW", &["Taiwan, Province of China"]),
    ("HK", &["Hong Kong"]),
    ("MO", &["Macao", "Macau"]),
    ("IE", &["Republic of Ireland"]),
    ("CN", &["People's Republic of China", "PRC"]),
];

static TABLE: LazyLock<HashMap<String, Option<&'static str>>> = LazyLock::new(|| {
    let mut table: HashMap<String, Option<&str>> = HashMap::new();
    for line in DATA.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let Some(code) = fields.next() else { continue };
        for name in std::iter::once(code).chain(fields).map(normalized) {
            // A name of two countries is no name of either.
            table.entry(name).and_modify(|other| *other = other.filter(|other| *other == code)).or_insert(Some(code));
        }
    }
    for (code, names) in MORE {
        table.extend(names.iter().map(|name| (normalized(name), Some(*code))));
    }
    table
});

/// Countries whose addresses have the house number before the street.
const NUMBER_FIRST: [&str; 16] =
    ["AU", "CA", "FR", "GB", "HK", "IE", "IN", "LU", "MC", "MY", "NZ", "PH", "SG", "TH", "US", "ZA"];

/// Finds the code of two letters of a country by a code or by its name in one of the languages of the data.
pub(crate) fn find(text: &str) -> Option<&'static str> {
    TABLE.get(&normalized(text)).copied().flatten()
}

/// Returns street and house number in the order of the country.
pub(crate) fn street(street: &str, number: &str, country: &str) -> String {
    let is_first = NUMBER_FIRST.contains(&country);
    // Exports that have both columns often repeat the number in the street.
    let mut words = street.split_whitespace();
    let beside = if is_first { words.next() } else { words.next_back() };
    match is_first {
        _ if beside.is_some_and(|word| word.trim_end_matches(',') == number) => street.to_owned(),
        true => format!("{number} {street}"),
        false => format!("{street} {number}"),
    }
}
