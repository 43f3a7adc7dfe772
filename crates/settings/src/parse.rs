//! Parsers of values that more than one part needs.

use std::path::PathBuf;
use std::str::FromStr;

use crate::error::Invalid;

/// Accepts any text.
///
/// # Errors
/// None: it has the form of a parser.
pub fn text(text: &str) -> Result<String, Invalid> {
    Ok(text.to_owned())
}

/// Accepts any text as a path.
///
/// # Errors
/// None: it has the form of a parser.
pub fn path(text: &str) -> Result<PathBuf, Invalid> {
    Ok(text.into())
}

/// Parses a number from `least` to `most`.
///
/// # Errors
/// When it is out of range or no such number.
pub fn number<T: FromStr + PartialOrd>(text: &str, least: T, most: T) -> Result<T, Invalid> {
    match text.parse::<T>() {
        Ok(number) if number >= least && number <= most => Ok(number),
        Ok(_) => Err("that is out of range".into()),
        Err(_) => Err("that is no such number".into()),
    }
}

/// Parses `true` or `false`, without regard to case.
///
/// # Errors
/// When it is neither.
pub fn truth(text: &str) -> Result<bool, Invalid> {
    choice(text, &[("true", true), ("false", false)])
}

/// Parses one of a few words, without regard to case.
///
/// # Errors
/// When it is none of them.
pub fn choice<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Invalid> {
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, value)| *value).ok_or_else(|| "that is none of them".into())
}

/// Parses a JSON array of strings, or texts between commas.
///
/// # Errors
/// When it begins like an array and is none of strings.
pub fn list(text: &str) -> Result<Vec<String>, Invalid> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(|error| format!("that is no such array ({error})").into());
    }
    Ok(text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect())
}

/// Parses the same with one item at least.
///
/// # Errors
/// As [`list`]; [`Invalid::Nothing`] for an empty list.
pub fn nonempty_list(text: &str) -> Result<Vec<String>, Invalid> {
    list(text).and_then(|list| if list.is_empty() { Err(Invalid::Nothing) } else { Ok(list) })
}

/// Parses a GUID with its hyphens; returns it in lower case.
///
/// # Errors
/// When it is none.
pub fn guid(text: &str) -> Result<String, Invalid> {
    match uuid::Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 => Ok(id.hyphenated().to_string()),
        _ => Err("that is no GUID".into()),
    }
}

/// Reads the file that the text names.
///
/// # Errors
/// When it cannot be read.
pub fn file(path: &str) -> Result<Vec<u8>, Invalid> {
    std::fs::read(path).map_err(|error| format!("that cannot be read ({error})").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_an_array_or_has_commas() {
        assert_eq!(list(r#"["a", "b,c"]"#).unwrap(), ["a", "b,c"]);
        assert_eq!(list(" a,, b ").unwrap(), ["a", "b"]);
        assert!(list("[1]").is_err());
        assert_eq!(nonempty_list("[]"), Err(Invalid::Nothing));
    }

    #[test]
    fn words_are_compared_without_case() {
        assert_eq!(truth("TRUE"), Ok(true));
        assert_eq!(truth("yes"), Err("that is none of them".into()));
    }

    #[test]
    fn a_guid_has_hyphens() {
        let id = "11111111-2222-4333-8444-55555555AAAA";
        assert_eq!(guid(id), Ok(id.to_lowercase()));
        assert!(guid(&id.replace('-', "")).is_err());
    }
}
