//! Strict JSON: UTF-8, one value, no duplicate member names, limited nesting.
//!
//! `serde_json` silently uses the last of several members with the same name. If another parser uses the first, an
//! attacker can craft one signed text that the two read differently. A first pass over the document therefore collects
//! the names and rejects duplicates.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::error::shown;
use crate::{Error, Result};

/// Parses one JSON object. `max_depth` is the maximum nesting of objects and arrays; a flat object has depth 1.
///
/// The values of the map are not wiped from memory when dropped. For a document that contains a secret, use
/// [`from_slice`] with a type that wipes.
///
/// # Errors
/// [`Error::Json`] for malformed JSON, [`Error::NotAnObject`], [`Error::DuplicateMember`], [`Error::TooDeep`].
pub fn parse_object(bytes: &[u8], max_depth: usize) -> Result<Map<String, Value>> {
    check(bytes, max_depth)?;
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::NotAnObject),
        Err(error) => Err(syntax(&error)),
    }
}

/// Parses one JSON document into `T`, which may borrow from `bytes`. Makes the same checks as [`parse_object`]. `T`
/// determines whether unknown members are ignored.
///
/// Errors name the member and its position but never a value. serde's own messages quote values and are not used.
///
/// # Errors
/// As [`parse_object`] except [`Error::NotAnObject`], and [`Error::Json`] if the document does not match the type.
pub fn from_slice<'a, T: Deserialize<'a>>(bytes: &'a [u8], max_depth: usize) -> Result<T> {
    check(bytes, max_depth)?;
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        mismatch(&path, error.inner())
    })
}

fn check(bytes: &[u8], max_depth: usize) -> Result<()> {
    let fault = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let checker = Checker { limit: max_depth, left: max_depth, fault: &fault };
    let outcome = checker.deserialize(&mut json).and_then(|()| json.end());
    match (fault.into_inner(), outcome) {
        (Some(fault), _) => Err(fault),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => Err(syntax(&error)),
    }
}

fn syntax(error: &serde_json::Error) -> Error {
    let reason = match error.classify() {
        Category::Eof => "unexpected end of input",
        _ => "not well-formed JSON in UTF-8",
    };
    Error::Json { reason: reason.to_owned(), line: error.line(), column: error.column() }
}

fn mismatch(path: &str, error: &serde_json::Error) -> Error {
    let text = error.to_string();
    // serde's "missing field" message contains only a name of the type. All other messages may quote the document.
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')).map(|(name, _)| name);
    let reason = match (missing, path) {
        (Some(name), ".") => format!("the member `{name}` is missing"),
        (Some(name), path) => format!("the member `{name}` is missing in {}", shown(path)),
        (None, ".") => "the document does not have the expected form".to_owned(),
        (None, path) => format!("the member {} has an unexpected type or value", shown(path)),
    };
    Error::Json { reason, line: error.line(), column: error.column() }
}

/// Visitor of the first pass: counts the nesting and compares the names of each object.
///
/// serde's errors carry only text, so the error is stored in `fault`.
#[derive(Clone, Copy)]
struct Checker<'a> {
    limit: usize,
    left: usize,
    fault: &'a RefCell<Option<Error>>,
}

impl Checker<'_> {
    fn enter<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self { left, ..self }),
            None => Err(self.stop(Error::TooDeep { limit: self.limit })),
        }
    }

    fn stop<E: serde::de::Error>(self, fault: Error) -> E {
        self.fault.replace(Some(fault));
        E::custom("rejected")
    }
}

impl<'de> DeserializeSeed<'de> for Checker<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Checker<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let inner = self.enter()?;
        while elements.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.enter()?;
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if names.contains(&name) {
                return Err(self.stop(Error::DuplicateMember { member: shown(&name) }));
            }
            names.insert(name);
            members.next_value_seed(inner)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
