//! Parameters by name: of a query string, or members of a filter in a body.

use axum::http::Uri;
use serde_json::{Map, Value};

use super::problem::Problem;

/// Longest text of a received value in a message, in characters.
const LONGEST_SHOWN: usize = 60;

/// Parameters of a request, each at most once.
pub(crate) struct Parameters {
    values: Vec<(String, String)>,
}

impl Parameters {
    /// Reads the query string.
    ///
    /// # Errors
    /// 400 for a name that is not in `known`, and for a repeated name: an ignored filter would return too much.
    pub(crate) fn of_query(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        Self::checked(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())), known)
    }

    /// Reads the members of an object. An array of texts means the same as a text with commas. `expected` returns what
    /// a member must be, if a value has the wrong type.
    ///
    /// # Errors
    /// 400 for a name that is not in `known`, and for a value of the wrong type.
    pub(crate) fn of_members(
        members: &Map<String, Value>,
        known: &[&str],
        expected: impl Fn(&str, &Value) -> Option<&'static str>,
    ) -> Result<Self, Problem> {
        let text = |name: &str, value: &Value| match (value, expected(name, value)) {
            (_, Some(expected)) if known.contains(&name) => Err(invalid(name, expected, &value.to_string())),
            (Value::String(text), _) => Ok(text.clone()),
            (Value::Array(values), _) => Ok(values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            (other, _) => Ok(other.to_string()),
        };
        let pair = |(name, value): (&String, &Value)| Ok((name.clone(), text(name, value)?));
        // `null` counts as missing, as in every body.
        let given = members.iter().filter(|(_, value)| !value.is_null());
        let pairs: Vec<_> = given.map(pair).collect::<Result<_, Problem>>()?;
        Self::checked(pairs.into_iter(), known)
    }

    fn checked(pairs: impl Iterator<Item = (String, String)>, known: &[&str]) -> Result<Self, Problem> {
        let mut values: Vec<(String, String)> = Vec::new();
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) {
                let name = shown(&name);
                let message = format!("`{name}`: unknown parameter. Expected one of: {}", known.join(", "));
                return Err(Problem::field(&name, message));
            }
            if values.iter().any(|(found, _)| *found == name) {
                let message = format!("`{name}`: expected once, but got it again. Separate several values by commas");
                return Err(Problem::field(&name, message));
            }
            values.push((name, value));
        }
        Ok(Self { values })
    }

    /// Returns the value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Parses the value of a parameter.
    ///
    /// # Errors
    /// 400 that names the parameter, what was expected, and what was received.
    pub(crate) fn parsed<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        self.get(name).map(|value| parse(value).ok_or_else(|| invalid(name, expected, value))).transpose()
    }

    /// Parses each of the values of a parameter, which are separated by commas.
    ///
    /// # Errors
    /// As [`Self::parsed`], for the first value that is not valid.
    pub(crate) fn all<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, Problem> {
        let values = self.get(name).into_iter().flat_map(|value| value.split(','));
        values.map(|value| parse(value).ok_or_else(|| invalid(name, expected, value))).collect()
    }
}

/// Returns 400 for a parameter with a value that is not valid.
pub(crate) fn invalid(name: &str, expected: &str, received: &str) -> Problem {
    Problem::field(name, format!("`{name}`: expected {expected}, but got {:?}", shown(received)))
}

fn shown(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST_SHOWN).collect();
    let cut = keyferry_http::clean(&cut);
    if text.chars().nth(LONGEST_SHOWN).is_some() { format!("{cut}…") } else { cut }
}
