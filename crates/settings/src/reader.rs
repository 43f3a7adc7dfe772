//! Reads settings, and gathers everything that is wrong.

use crate::declaration::Declaration;
use crate::error::{Invalid, Noted, SettingError};
use crate::setting::{Parse, Setting};
use crate::values::Values;

/// Reads settings and gathers everything that is wrong, so that one start reports it all.
pub struct Reader<'a> {
    values: &'a dyn Values,
    errors: Vec<SettingError>,
    /// Why the settings that are read now must be set.
    why: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads from these values.
    pub fn new(values: &'a dyn Values) -> Self {
        Self { values, errors: Vec::new(), why: "" }
    }

    /// Returns all errors, in the order of reading.
    pub fn finish(self) -> Vec<SettingError> {
        self.errors
    }

    /// Reads with a reason that is added to "NAME is not set", such as `with KEYFERRY_PIN_BY=smtp`.
    pub fn because<T>(&mut self, why: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.why, why);
        let result = read(self);
        self.why = before;
        result
    }

    /// Returns whether a value is given for the setting of this name.
    pub fn is_given(&self, name: &str) -> bool {
        self.values.given(name).is_some()
    }

    /// Notes that the setting of this name is not set. `why` is the reason that it must be set; empty when there is none.
    pub fn missing(&mut self, name: &'static str, why: &str) -> Noted {
        let declaration = self.declaration(name);
        self.missing_as(&declaration, why)
    }

    /// Notes that the value of the setting of this name is invalid. `why` continues "NAME is "value", but …".
    pub fn wrong(&mut self, name: &'static str, why: &str) -> Noted {
        let declaration = self.declaration(name);
        let text = self.text(&declaration).unwrap_or_default().to_owned();
        self.rejected(&declaration, &text, &why.into())
    }

    /// Notes an error that is complete.
    pub fn add(&mut self, error: SettingError) -> Noted {
        self.errors.push(error);
        Noted
    }

    /// The value of a setting, or its default; `None` when there is neither.
    pub(crate) fn value<T>(&mut self, setting: &Setting<T>) -> Result<Option<T>, Noted> {
        let declaration = &setting.declaration;
        let unset = || setting.unset.map(|value| value());
        match setting.parse {
            Parse::Secret(parse) => match self.values.secret(declaration.name) {
                Ok(Some(secret)) => parse(secret).map(Some).map_err(|error| self.add(error)),
                Ok(None) => Ok(unset()),
                Err(error) => Err(self.add(error)),
            },
            Parse::Text(parse) => {
                let Some(text) = self.text(declaration) else { return Ok(unset()) };
                match parse(text) {
                    Ok(value) => Ok(Some(value)),
                    Err(Invalid::Nothing) => Ok(None),
                    Err(invalid) => Err(self.rejected(declaration, text, &invalid)),
                }
            }
        }
    }

    pub(crate) fn not_set(&mut self, declaration: &Declaration) -> Noted {
        self.missing_as(declaration, self.why)
    }

    /// The text that is given, else the default.
    fn text(&self, declaration: &Declaration) -> Option<&'a str> {
        let default = || {
            let by = declaration.default_by?;
            let other = self.values.given(by.setting)?;
            by.defaults.iter().find(|(value, _)| value.eq_ignore_ascii_case(other)).map(|(_, default)| *default)
        };
        self.values
            .given(declaration.name)
            .or_else(default)
            .or_else(|| Some(declaration.default).filter(|default| !default.is_empty()))
    }

    fn declaration(&self, name: &'static str) -> Declaration {
        self.values.declaration(name).unwrap_or(Declaration::named(name))
    }

    fn missing_as(&mut self, declaration: &Declaration, why: &str) -> Noted {
        let space = if why.is_empty() { "" } else { " " };
        let Declaration { name, .. } = declaration;
        self.add(SettingError(format!("{name} is not set{space}{why}: expected {}", declaration.expectation())))
    }

    fn rejected(&mut self, declaration: &Declaration, text: &str, invalid: &Invalid) -> Noted {
        let (shown, why) = match invalid {
            _ if declaration.secret => ("a secret value".to_owned(), invalid.why()),
            Invalid::Hidden(why) => ("a value that is not shown".to_owned(), why.as_str()),
            invalid => (format!("{text:?}"), invalid.why()),
        };
        let Declaration { name, .. } = declaration;
        self.add(SettingError(format!("{name} is {shown}, but {why}: expected {}", declaration.expectation())))
    }
}

impl Invalid {
    fn why(&self) -> &str {
        match self {
            Self::Because(why) | Self::Hidden(why) => why,
            Self::Nothing => "that is nothing",
        }
    }
}

#[cfg(test)]
mod tests;
