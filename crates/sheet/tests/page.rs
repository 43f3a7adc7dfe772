//! Reference page: the part that is printed from the code.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fmt::Write as _;

use keyferry_sheet::{Code, Member, synonyms};

const PAGE: &str = "docs/reference/order-files.md";
const MARK: &str = "<!-- Everything below is printed from the code. -->\n";

fn printed() -> String {
    let mut text = String::from(
        "\n## Columns\n\nHeaders that are recognised. Case, diacritics, spaces and punctuation do not matter.\n\n",
    );
    for member in Member::ALL {
        let mut item = format!("- **`{}`**", member.name());
        if member.path() != member.name() && member != Member::HouseNumber {
            write!(item, " (`{}`)", member.path()).unwrap();
        }
        let words: Vec<_> = synonyms(member).iter().map(|word| format!("`{word}`")).collect();
        if !words.is_empty() {
            write!(item, ": {}", words.join(", ")).unwrap();
        }
        text.push_str(&wrapped(&item));
    }
    text.push_str("\n## Findings\n\n");
    for code in Code::ALL {
        let (severity, meaning, remedy) = (code.severity().as_str(), code.meaning(), code.remedy());
        text.push_str(&wrapped(&format!("- **`{}`**, {severity}: {meaning} {remedy}", code.as_str())));
    }
    text
}

/// Breaks an item of a list at 120 characters.
fn wrapped(item: &str) -> String {
    let (mut text, mut width) = (String::new(), 0);
    for word in item.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 120 {
            text.push_str("\n  ");
            width = 2;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
    }
    text + "\n"
}

#[test]
fn documentation_matches_code() {
    let path = format!("{}/../../{PAGE}", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(path).unwrap();
    let (written, _) = page.split_once(MARK).unwrap();
    keyferry_testkit::golden::check(PAGE, &format!("{written}{MARK}{}", printed()));
}

#[test]
fn the_example_of_a_mapping_is_valid() {
    // Not read at run time: the other test may be writing it.
    let page = include_str!("../../../docs/reference/order-files.md");
    let mapping = page.split("## Mapping").nth(1).and_then(|text| text.split("```json\n").nth(1)).unwrap();
    let mapping: keyferry_sheet::Mapping = serde_json::from_str(mapping.split("```").next().unwrap()).unwrap();
    assert!(keyferry_sheet::JsonRows::new(mapping, keyferry_sheet::Options::default()).is_ok());
}
