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
    // Names as ISO 3166-1 writes them.
    ("BO", &["Bolivia, Plurinational State of"]),
    ("CD", &["Congo, The Democratic Republic of the", "Democratic Republic of the Congo", "DRC"]),
    ("FM", &["Micronesia, Federated States of"]),
    ("IR", &["Iran, Islamic Republic of"]),
    ("KP", &["Korea, Democratic People's Republic of"]),
    ("LA", &["Lao People's Democratic Republic"]),
    ("MD", &["Moldova, Republic of", "Republic of Moldova"]),
    ("PS", &["Palestine, State of"]),
    ("SY", &["Syrian Arab Republic"]),
    ("TZ", &["Tanzania, United Republic of"]),
    ("VA", &["Holy See (Vatican City State)"]),
    ("VE", &["Venezuela, Bolivarian Republic of"]),
    ("VG", &["Virgin Islands, British"]),
    ("VI", &["Virgin Islands, U.S."]),
];

static TABLE: LazyLock<HashMap<String, Option<&'static str>>> = LazyLock::new(|| {
    let mut table: HashMap<String, Option<&str>> = HashMap::new();
    for line in DATA.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let Some(code) = fields.next() else { continue };
        for name in std::iter::once(code).chain(fields).map(key) {
            // A name of two countries is no name of either.
            table.entry(name).and_modify(|other| *other = other.filter(|other| *other == code)).or_insert(Some(code));
        }
    }
    for (code, names) in MORE {
        table.extend(names.iter().map(|name| (key(name), Some(*code))));
    }
    table
});

/// Countries whose addresses have the house number before the street.
const NUMBER_FIRST: [&str; 16] =
    ["AU", "CA", "FR", "GB", "HK", "IE", "IN", "LU", "MC", "MY", "NZ", "PH", "SG", "TH", "US", "ZA"];

/// Returns the letters of a name, without the words in which notations differ: "Bosnia & Herzegovina", "St. Lucia".
fn key(name: &str) -> String {
    let words = name.split(|c: char| c.is_whitespace() || c == '-').map(normalized);
    let significant = words.filter(|word| word != "and" && word != "the");
    significant.map(|word| if word == "saint" { "st".to_owned() } else { word }).collect()
}

/// Finds the code of two letters of a country by a code or by its name in one of the languages of the data.
pub fn find(text: &str) -> Option<&'static str> {
    TABLE.get(&key(text)).copied().flatten()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_is_found_by_its_codes_and_its_english_name() {
        let mut count = 0;
        for line in DATA.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<_> = line.split('\t').collect();
            let codes = fields.iter().filter(|text| text.len() == 3 && text.bytes().all(|c| c.is_ascii_uppercase()));
            for text in fields[..2].iter().chain(codes) {
                assert_eq!(find(text), Some(fields[0]), "{text}");
            }
            count += 1;
        }
        assert_eq!(count, 250, "the countries of ISO 3166-1, and Kosovo");
        for (code, names) in MORE {
            assert!(names.iter().all(|name| find(name) == Some(code)), "{code}");
        }
    }

    #[test]
    fn notations_of_names_do_not_matter() {
        for (text, code) in [
            ("Bosnia and Herzegovina", "BA"),
            ("Saint Lucia", "LC"),
            ("St Kitts and Nevis", "KN"),
            ("Guinea-Bissau", "GW"),
            ("Korea, Republic of", "KR"),
            ("the United Kingdom", "GB"),
        ] {
            assert_eq!(find(text), Some(code), "{text}");
        }
        // Of two countries, in Danish among others.
        assert_eq!(find("Kongo"), None);
    }
}
