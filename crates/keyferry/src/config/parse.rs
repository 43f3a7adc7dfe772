//! From texts to typed values, with errors that name the setting.

use std::str::FromStr;

use keyferry_http::UrlExt as _;
use url::Url;

use super::settings::lookup;
use super::{Secret, SettingError, Source};

/// Whether an address may have a query and a fragment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Query {
    Allowed,
    Refused,
}

/// Something is wrong, and the reader has noted what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted;

/// Reads settings and gathers everything that is wrong, so that one start tells it all.
pub(super) struct Reader<'a> {
    source: &'a Source,
    errors: Vec<SettingError>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self { source, errors: Vec::new() }
    }

    pub(super) fn finish(self) -> Vec<SettingError> {
        self.errors
    }

    /// The text or the default.
    pub(super) fn text(&mut self, name: &'static str) -> Result<String, Noted> {
        self.read(name, |text| Ok(text.to_owned()))
    }

    /// The text or the default, if there is either.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<String> {
        self.source.value(name).map(str::to_owned)
    }

    /// The value or the default, read by `read`.
    pub(super) fn read<T>(&mut self, name: &'static str, read: impl Fn(&str) -> Result<T, String>) -> Result<T, Noted> {
        match self.read_optional(name, read)? {
            Some(value) => Ok(value),
            None => Err(self.missing(name, "")),
        }
    }

    /// The value or the default, if there is either, read by `read`.
    pub(super) fn read_optional<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Noted> {
        let Some(value) = self.source.value(name) else { return Ok(None) };
        read(value).map(Some).map_err(|why| self.wrong(name, &why))
    }

    pub(super) fn number<T: FromStr + PartialOrd>(
        &mut self,
        name: &'static str,
        least: T,
        most: T,
    ) -> Result<T, Noted> {
        match self.optional_number(name, least, most)? {
            Some(number) => Ok(number),
            None => Err(self.missing(name, "")),
        }
    }

    pub(super) fn optional_number<T: FromStr + PartialOrd>(
        &mut self,
        name: &'static str,
        least: T,
        most: T,
    ) -> Result<Option<T>, Noted> {
        self.read_optional(name, |text| match text.parse::<T>() {
            Ok(number) if number >= least && number <= most => Ok(number),
            Ok(_) => Err("that is out of range".to_owned()),
            Err(_) => Err("that is no such number".to_owned()),
        })
    }

    pub(super) fn truth(&mut self, name: &'static str) -> Result<bool, Noted> {
        self.choice(name, &[("true", true), ("false", false)])
    }

    /// One of a few words, compared without regard to case.
    pub(super) fn choice<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Result<T, Noted> {
        self.read(name, |text| {
            let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
            found.map(|(_, value)| *value).ok_or_else(|| "that is none of them".to_owned())
        })
    }

    pub(super) fn url(&mut self, name: &'static str) -> Result<Url, Noted> {
        match self.optional_url(name)? {
            Some(url) => Ok(url),
            None => Err(self.missing(name, "")),
        }
    }

    pub(super) fn optional_url(&mut self, name: &'static str) -> Result<Option<Url>, Noted> {
        self.address(name, Query::Refused)
    }

    pub(super) fn optional_url_with_query(&mut self, name: &'static str) -> Result<Option<Url>, Noted> {
        self.address(name, Query::Allowed)
    }

    fn address(&mut self, name: &'static str, query: Query) -> Result<Option<Url>, Noted> {
        let Some(text) = self.source.value(name) else { return Ok(None) };
        parse_url(text, query).map(Some).map_err(|why| {
            // A password or a signature may stand behind these.
            let shown = if text.contains(['@', '?', '#']) {
                "a value that is not shown".to_owned()
            } else {
                format!("{text:?}")
            };
            self.refused(name, &shown, why)
        })
    }

    /// A JSON array of strings, or texts between commas.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Vec<String>, Noted> {
        let list = self.read_optional(name, |text| {
            if text.trim_start().starts_with('[') {
                return serde_json::from_str(text).map_err(|error| format!("that is no such array ({error})"));
            }
            Ok(text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect())
        })?;
        Ok(list.unwrap_or_default())
    }

    /// The content of the file that the setting names.
    pub(super) fn file(&mut self, name: &'static str) -> Result<Option<Vec<u8>>, Noted> {
        self.read_optional(name, |path| std::fs::read(path).map_err(|error| format!("that cannot be read ({error})")))
    }

    pub(super) fn secret(&mut self, name: &'static str) -> Result<Option<Secret>, Noted> {
        self.source.secret(name).map_err(|error| self.add(error))
    }

    pub(super) fn required_secret(&mut self, name: &'static str, why: &str) -> Result<Secret, Noted> {
        match self.secret(name)? {
            Some(secret) => Ok(secret),
            None => Err(self.missing(name, why)),
        }
    }

    pub(super) fn missing(&mut self, name: &'static str, why: &str) -> Noted {
        let why = if why.is_empty() { String::new() } else { format!(" {why}") };
        self.errors.push(SettingError(format!("{name} is not set{why}: expected {}", expected(name))));
        Noted
    }

    pub(super) fn wrong(&mut self, name: &'static str, why: &str) -> Noted {
        let secret = lookup(name).is_some_and(|setting| setting.secret);
        let shown = if secret {
            "a secret value".to_owned()
        } else {
            format!("{:?}", self.source.value(name).unwrap_or_default())
        };
        self.refused(name, &shown, why)
    }

    fn refused(&mut self, name: &'static str, shown: &str, why: &str) -> Noted {
        self.errors.push(SettingError(format!("{name} is {shown}, but {why}: expected {}", expected(name))));
        Noted
    }

    pub(super) fn add(&mut self, error: SettingError) -> Noted {
        self.errors.push(error);
        Noted
    }
}

fn expected(name: &str) -> String {
    match lookup(name) {
        Some(setting) if setting.example.is_empty() => setting.expected.to_owned(),
        Some(setting) => format!("{}, such as {}", setting.expected, setting.example),
        None => "a value".to_owned(),
    }
}

/// An https URL, or http on this machine. No error repeats any of it.
fn parse_url(text: &str, query: Query) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "that is no URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("that holds a user name or password");
    }
    if query == Query::Refused && (url.query().is_some() || url.fragment().is_some()) {
        return Err("that has a query or a fragment");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if url.is_loopback() => Ok(url),
        "http" => Err("plain http is taken for this machine only"),
        _ => Err("its scheme is not https"),
    }
}

pub(super) fn guid(text: &str) -> Result<String, String> {
    match uuid::Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 => Ok(id.hyphenated().to_string()),
        _ => Err("that is no GUID".to_owned()),
    }
}
