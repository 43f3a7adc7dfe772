//! A checked mapping.

use std::collections::BTreeMap;

use crate::dates::DateFormat;
use crate::defaults::Defaults;
use crate::error::Error;
use crate::guess::normalized;
use crate::mapping::Mapping;
use crate::member::Member;
use crate::names::find;
use crate::options::Options;

/// Mapping whose names and values are checked, with the options.
pub(crate) struct Plan {
    pub(crate) options: Options,
    pub(crate) defaults: Defaults,
    pub(crate) date_format: Option<DateFormat>,
    pub(crate) delimiter: Option<char>,
    pub(crate) encoding: Option<String>,
    pub(crate) row_key: Option<String>,
    /// Members by header. Empty for a column that is not used.
    columns: BTreeMap<String, Vec<Member>>,
}

impl Plan {
    /// Checks a mapping.
    ///
    /// # Errors
    /// The mapping contains unknown names or unusable values.
    pub(crate) fn new(mapping: Mapping, options: Options) -> Result<Self, Error> {
        let mut columns = BTreeMap::new();
        for (header, target) in mapping.columns {
            let members: Result<Vec<_>, _> = target.names().iter().map(|name| find("columns", name)).collect();
            columns.insert(header.trim().to_owned(), members?);
        }
        let date_format = mapping.date_format.as_deref().map(DateFormat::parse).transpose()?;
        let delimiter = mapping.delimiter.as_deref().map(delimiter).transpose()?;
        Ok(Self {
            options,
            defaults: Defaults::new(mapping.defaults, date_format)?,
            date_format,
            delimiter,
            encoding: mapping.encoding,
            row_key: mapping.row_key.map(|header| header.trim().to_owned()),
            columns,
        })
    }

    /// Returns what the mapping states about a header: the members, or `None`.
    pub(crate) fn members(&self, header: &str) -> Option<&[Member]> {
        let same = || {
            let wanted = normalized(header);
            let mut found = self.columns.iter().filter(|(name, _)| normalized(name) == wanted);
            found.next().filter(|_| !wanted.is_empty() && found.next().is_none()).map(|(_, members)| members)
        };
        self.columns.get(header).or_else(same).map(Vec::as_slice)
    }

    /// Returns whether a header is that of the row key.
    pub(crate) fn is_row_key(&self, header: &str) -> bool {
        self.row_key.as_deref().is_some_and(|name| is_same(name, header))
    }

    /// Returns the headers in the mapping.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().chain(&self.row_key).map(String::as_str)
    }
}

/// Returns whether two headers are the same, apart from case, diacritics and punctuation.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one == other || !normalized(one).is_empty() && normalized(one) == normalized(other)
}

fn delimiter(text: &str) -> Result<char, Error> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if !c.is_alphanumeric() && !matches!(c, '"' | '\r' | '\n' | '\u{feff}' | '\0') => Ok(c),
        _ if text == "\\t" => Ok('\t'),
        _ => Err(Error::Delimiter { delimiter: text.to_owned() }),
    }
}
