//! The letter as independent programs read it: pypdf and pdfminer's successor read the text and its places.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::PathBuf;

use keyferry_letter::{Language, Letter, LetterError, LetterKey, print};
use serde_json::{Value, json};

const PIN: &str = "408173925561";

fn key(pin: &'static str, change_on_first_use: bool) -> LetterKey<'static> {
    LetterKey { serial: "16021234", pin, change_on_first_use }
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn letter<'a>(address: &'a [String], keys: &'a [LetterKey<'a>], language: Language) -> Letter<'a> {
    Letter {
        sender: Some("Contoso AG · IT service desk · Hauptstraße 1 · 12345 Neustadt"),
        address,
        user_name: "Ada Lovelace",
        reference: "8gYnYQk5vVqYzKqY1p2xTQ",
        date: chrono::NaiveDate::from_ymd_opt(2026, 11, 29).unwrap(),
        keys,
        language,
    }
}

fn folder() -> PathBuf {
    let folder = keyferry_outsiders::artifacts().join("letter");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Returns what the independent reader finds: texts with their places in millimetres from the upper left corner.
fn read(name: &str, pdf: &[u8]) -> Option<Value> {
    let file = folder().join(name);
    fs::write(&file, pdf).unwrap();
    let mut script = keyferry_outsiders::python("letter/read.py")?;
    let output = script.arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A letter with a PIN stays nowhere, not even in a test.
    fs::remove_file(&file).unwrap();
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Returns the place of the first text that contains `part`.
fn place(found: &Value, part: &str) -> (f64, f64, f64) {
    let texts = found["texts"].as_array().unwrap();
    let text = texts.iter().find(|text| text["text"].as_str().unwrap().contains(part));
    let text = text.unwrap_or_else(|| panic!("{part}: {found:#}"));
    let number = |name: &str| text[name].as_f64().unwrap();
    (number("left"), number("top"), number("size"))
}

#[test]
fn address_is_in_the_window_and_the_pin_below_the_second_fold() {
    let address =
        lines(&["Lucie Šimůnková", "c/o Nguyễn Thị Ánh", "Łódzka 5", "Γλυφάδα 166 74", "Пермь", "GRIECHENLAND"]);
    let keys = [key(PIN, true)];
    let pdf = print(&letter(&address, &keys, Language::English)).unwrap();
    let Some(found) = read("english.pdf", &pdf) else { return };
    assert_eq!((found["pages"].as_u64(), &found["language"]), (Some(1), &json!("en")));
    assert_eq!(found["size"], json!([210, 297]));
    // The address field of DIN 5008, form B: 20 to 105 mm from the left, 45 to 90 mm from the top.
    for line in &address {
        let (left, top, _) = place(&found, line);
        assert!((20.0..105.0).contains(&left) && (62.0..90.0).contains(&top), "{line}: {left} {top}");
    }
    let (_, top, _) = place(&found, "IT service desk ·");
    assert!((45.0..62.7).contains(&top), "{top}");
    let (left, top, size) = place(&found, PIN);
    assert!(left > 70.0 && (215.0..285.0).contains(&top) && size > 14.0, "{left} {top} {size}");
    assert!(place(&found, "16021234").1 > 210.0);
    // Nothing of the PIN or the key is where the window or the outer third is.
    for text in found["texts"].as_array().unwrap() {
        let (words, top) = (text["text"].as_str().unwrap(), text["top"].as_f64().unwrap());
        assert!(top > 210.0 || !(words.contains(PIN) || words.contains("16021234")), "{text}");
        let left = text["left"].as_f64().unwrap();
        let in_window = (45.0..92.0).contains(&top) && left < 110.0;
        let expected = address.iter().any(|line| words.contains(line.as_str())) || words.contains("Contoso");
        assert!(!in_window || expected, "in the window: {text}");
    }
    assert_eq!(place(&found, "Order").0, 125.0);
    assert!(found["text"].as_str().unwrap().contains("Ada Lovelace"));
    assert!(found["text"].as_str().unwrap().contains("requires a new PIN"));
    // Neither the title nor other data about the file.
    assert!(!found["information"].to_string().contains(PIN), "{found}");
    assert_eq!(found["fonts_embedded"], true);
}

#[test]
fn german_letter_with_the_longest_pin() {
    let longest: &'static str = "0123456789012345678901234567890123456789012345678901234567890ab";
    assert_eq!(longest.len(), 63);
    let (address, keys) = (lines(&["Käthe Groß"]), [key(longest, false)]);
    let mut letter = letter(&address, &keys, Language::German);
    letter.user_name = "Maximiliane Ernestine von und zu Hohenlohe-Schillingsfürst-Sayn-Wittgenstein-Berleburg";
    letter.sender = None;
    let pdf = print(&letter).unwrap();
    let Some(found) = read("german.pdf", &pdf) else { return };
    let (left, top, size) = place(&found, longest);
    assert!(left > 70.0 && top > 215.0 && size >= 8.0, "{left} {top} {size}");
    assert!(found["right"].as_f64().unwrap() < 195.0, "{}", found["right"]);
    assert!(found["text"].as_str().unwrap().contains("Merken Sie sich die PIN") && found["language"] == "de");
}

#[test]
fn what_does_not_fit_or_has_no_glyph_is_refused() {
    let address = lines(&["Grace Hopper"]);
    let refused = |address: &[String], keys: &[LetterKey<'_>], user_name: &str, sender: Option<&str>| {
        let letter = Letter { user_name, sender, ..letter(address, keys, Language::English) };
        print(&letter).err().unwrap()
    };
    let good = [key(PIN, true)];
    for (wrong, found) in [(lines(&[]), 0), (lines(&["a"; 7]), 7), (lines(&["a", " "]), 2)] {
        assert_eq!(refused(&wrong, &good, "Ada", None), LetterError::Lines(found));
    }
    let character = refused(&lines(&["王小明"]), &good, "Ada", None).to_string();
    assert!(
        character.starts_with("the address contains 王 (U+738B), which the letter's font does not have"),
        "{character}"
    );
    assert!(refused(&address, &good, "عمر", None).to_string().starts_with("the name of the user contains ع (U+0639)"));
    let wide = LetterError::Wide { what: "the address", millimetres: 80 };
    assert_eq!(refused(&lines(&["W".repeat(40).as_str()]), &good, "Ada", None), wide);
    assert!(matches!(refused(&address, &good, &"W".repeat(100), None), LetterError::Wide { .. }));
    assert!(matches!(
        refused(&address, &good, "Ada", Some(&"W".repeat(80))),
        LetterError::Wide { what: "the sender", .. }
    ));
    assert_eq!(refused(&address, &[], "Ada", None), LetterError::Keys(0));
    // The message about a PIN contains nothing of it.
    let error = refused(&address, &[key("12é4", true)], "Ada", None);
    assert_eq!((error.to_string().contains('é'), error), (false, LetterError::Pin));
}

/// Two letters differ in the PIN only where it is printed: nothing else of the file depends on it.
#[test]
fn file_has_no_copy_of_the_pin() {
    let address = lines(&["Grace Hopper"]);
    let file = |pin| print(&letter(&address, &[key(pin, true)], Language::English)).unwrap();
    let (one, other) = (file("408173925561"), file("917354286603"));
    assert_eq!(one.len(), other.len());
    let differing: Vec<_> = (0..one.len()).filter(|at| one[*at] != other[*at]).collect();
    let (first, last) = (differing[0], *differing.last().unwrap());
    assert!(last - first < 200, "the files differ from {first} to {last}");
    assert!(!one.windows(12).any(|window| window == PIN.as_bytes()), "the PIN is glyphs of a font");
}
