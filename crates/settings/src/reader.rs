//! Reader of settings.

use crate::declaration::Declaration;
use crate::error::{ErrorRecorded, Invalid, SettingError};
use crate::setting::{Parse, Setting};
use crate::values::Values;

/// Reads settings and collects all errors, so that one start reports everything that is wrong.
pub struct Reader<'a> {
    values: &'a dyn Values,
    errors: Vec<SettingError>,
    /// Condition under which the settings that are being read are required.
    why: &'static str,
}

impl<'a> Reader<'a> {
    /// Creates a reader of these values.
    pub fn new(values: &'a dyn Values) -> Self {
        Self { values, errors: Vec::new(), why: "" }
    }

    /// Returns all errors, in reading order.
    pub fn finish(self) -> Vec<SettingError> {
        self.errors
    }

    /// Calls `read`. A setting that is missing meanwhile is reported as required under the condition `why`.
    ///
    /// For example, `with KEYFERRY_PIN_BY=smtp` leads to `NAME is not set, but is required with KEYFERRY_PIN_BY=smtp`.
    pub fn required_if<T>(&mut self, why: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.why, why);
        let result = read(self);
        self.why = before;
        result
    }

    /// Returns whether the setting has a given value. Defaults do not count.
    pub fn is_given(&self, name: &str) -> bool {
        self.values.given(name).is_some()
    }

    /// Records that a setting is missing. `why` is the condition under which it is required, as in [`Self::because`].
    /// Empty if it is always required.
    pub fn missing(&mut self, name: &'static str, why: &str) -> ErrorRecorded {
        let declaration = self.declaration(name);
        self.missing_as(&declaration, why)
    }

    /// Records that the value of a setting is invalid for the reason `why`.
    pub fn wrong(&mut self, name: &'static str, why: &str) -> ErrorRecorded {
        let declaration = self.declaration(name);
        let text = self.text(&declaration).unwrap_or_default().to_owned();
        self.rejected(&declaration, &text, &why.into())
    }

    /// Records an error with a complete message.
    pub fn add(&mut self, error: SettingError) -> ErrorRecorded {
        self.errors.push(error);
        ErrorRecorded
    }

    /// Returns the value of a setting, or its default. `None` if there is neither.
    pub(crate) fn value<T>(&mut self, setting: &Setting<T>) -> Result<Option<T>, ErrorRecorded> {
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

    pub(crate) fn not_set(&mut self, declaration: &Declaration) -> ErrorRecorded {
        self.missing_as(declaration, self.why)
    }

    /// Returns the given text, or else the default.
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

    fn missing_as(&mut self, declaration: &Declaration, why: &str) -> ErrorRecorded {
        let condition = if why.is_empty() { String::new() } else { format!(", but is required {why}") };
        let Declaration { name, .. } = declaration;
        self.add(SettingError(format!("{name} is not set{condition} (expected {})", declaration.expectation())))
    }

    fn rejected(&mut self, declaration: &Declaration, text: &str, invalid: &Invalid) -> ErrorRecorded {
        let (shown, why) = match invalid {
            _ if declaration.secret => ("the secret value".to_owned(), invalid.why()),
            Invalid::Hidden(why) => ("the value (not shown)".to_owned(), why.as_str()),
            invalid => (format!("{text:?}"), invalid.why()),
        };
        let Declaration { name, .. } = declaration;
        self.add(SettingError(format!("{name}: {shown} is invalid: {why} (expected {})", declaration.expectation())))
    }
}

impl Invalid {
    fn why(&self) -> &str {
        match self {
            Self::Because(why) | Self::Hidden(why) => why,
            Self::Nothing => "empty",
        }
    }
}

#[cfg(test)]
mod tests;
