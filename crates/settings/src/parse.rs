//! Parsers shared by several crates.

use std::path::PathBuf;
use std::str::FromStr;

use crate::error::Invalid;

/// Accepts any text.
///
/// # Errors
/// Never fails. The return type is that of a parser.
pub fn text(text: &str) -> Result<String, Invalid> {
    Ok(text.to_owned())
}

/// Accepts any text as a path.
///
/// # Errors
/// Never fails. The return type is that of a parser.
pub fn path(text: &str) -> Result<PathBuf, Invalid> {
    Ok(text.into())
}

/// Parses a number from `least` to `most`, both inclusive.
///
/// # Errors
/// Returns [`Invalid::Because`] if the text is not a number of type `T` or is out of range.
pub fn number<T: FromStr + PartialOrd>(text: &str, least: T, most: T) -> Result<T, Invalid> {
    match text.parse::<T>() {
        Ok(number) if number >= least && number <= most => Ok(number),
        Ok(_) => Err("out of range".into()),
        Err(_) => Err("not a valid number".into()),
    }
}

/// Parses `true` or `false`, case-insensitively.
///
/// # Errors
/// Returns [`Invalid::Because`] for any other text.
pub fn boolean(text: &str) -> Result<bool, Invalid> {
    choice(text, &[("true", true), ("false", false)])
}

/// Parses one of the given words, case-insensitively.
///
/// # Errors
/// Returns [`Invalid::Because`] for any other word.
pub fn choice<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Invalid> {
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, value)| *value).ok_or_else(|| "not one of the allowed values".into())
}

/// Parses a JSON array of strings, or comma-separated texts. Empty items between commas are ignored.
///
/// # Errors
/// Returns [`Invalid::Because`] if the text starts with `[` but is not a JSON array of strings.
pub fn list(text: &str) -> Result<Vec<String>, Invalid> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(|error| format!("not a JSON array of strings ({error})").into());
    }
    Ok(text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect())
}

/// Parses a list like [`list`], with at least one item.
///
/// # Errors
/// Same as [`list`]. Returns [`Invalid::Nothing`] for an empty list.
pub fn nonempty_list(text: &str) -> Result<Vec<String>, Invalid> {
    list(text).and_then(|list| if list.is_empty() { Err(Invalid::Nothing) } else { Ok(list) })
}

/// Parses a GUID with hyphens. Returns it in lower case.
///
/// # Errors
/// Returns [`Invalid::Because`] if the text is not a GUID of 36 characters.
pub fn guid(text: &str) -> Result<String, Invalid> {
    match uuid::Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 => Ok(id.hyphenated().to_string()),
        _ => Err("not a GUID".into()),
    }
}

/// Reads the file at this path.
///
/// # Errors
/// Returns [`Invalid::Because`] if the file cannot be read.
pub fn file(path: &str) -> Result<Vec<u8>, Invalid> {
    std::fs::read(path).map_err(|error| format!("could not read the file ({error})").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_is_json_array_or_comma_separated() {
        assert_eq!(list(r#"["a", "b,c"]"#).unwrap(), ["a", "b,c"]);
        assert_eq!(list(" a,, b ").unwrap(), ["a", "b"]);
        assert!(list("[1]").is_err());
        assert_eq!(nonempty_list("[]"), Err(Invalid::Nothing));
    }

    #[test]
    fn words_are_case_insensitive() {
        assert_eq!(boolean("TRUE"), Ok(true));
        assert_eq!(boolean("yes"), Err("not one of the allowed values".into()));
    }

    #[test]
    fn guid_requires_hyphens() {
        let id = "11111111-2222-4333-8444-55555555AAAA";
        assert_eq!(guid(id), Ok(id.to_lowercase()));
        assert!(guid(&id.replace('-', "")).is_err());
    }
}
