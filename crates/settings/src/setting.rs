//! Declaration of a setting with its type.

use crate::declaration::{Declaration, DefaultBy};
use crate::error::{Invalid, SettingError};
use crate::secret::Secret;

/// Parses the text of a value.
pub(crate) type ParseText<T> = fn(&str) -> Result<T, Invalid>;

/// Parses a secret. The error starts with the setting's name and shows nothing of the secret.
pub(crate) type ParseSecret<T> = fn(Secret) -> Result<T, SettingError>;

/// Formats a value for `/v1/status`.
pub(crate) type Show<T> = fn(&T) -> String;

/// One setting of type `T`. A field of type `T` requires a value. A field of type `Option<T>` does not.
pub struct Setting<T> {
    pub(crate) declaration: Declaration,
    pub(crate) parse: Parse<T>,
    pub(crate) unset: Option<fn() -> T>,
    pub(crate) status: Option<(&'static str, Show<T>)>,
}

pub(crate) enum Parse<T> {
    Text(ParseText<T>),
    Secret(ParseSecret<T>),
}

/// Declares the setting `name`. `parse` parses its value.
pub fn setting<T>(name: &'static str, parse: fn(&str) -> Result<T, Invalid>) -> Setting<T> {
    Setting { declaration: Declaration::named(name), parse: Parse::Text(parse), unset: None, status: None }
}

/// Declares the secret setting `name`. It is read on each use.
pub fn secret(name: &'static str) -> Setting<Secret> {
    secret_with(name, Ok)
}

/// Declares the secret setting `name`. It is read once at start and parsed by `parse`. The error of `parse` must start
/// with the setting's name and must not show the secret.
pub fn secret_text<T>(name: &'static str, parse: fn(Secret) -> Result<T, SettingError>) -> Setting<T> {
    secret_with(name, parse)
}

fn secret_with<T>(name: &'static str, parse: ParseSecret<T>) -> Setting<T> {
    let declaration = Declaration { secret: true, ..Declaration::named(name) };
    Setting { declaration, parse: Parse::Secret(parse), unset: None, status: None }
}

impl<T> Setting<T> {
    /// Sets the default, in the same form as a given value.
    pub fn default(mut self, default: &'static str) -> Self {
        self.declaration.default = default;
        self
    }

    /// Sets the value that applies if there is neither a given value nor a default, for example an empty list.
    pub fn when_unset(mut self, value: fn() -> T) -> Self {
        self.unset = Some(value);
        self
    }

    /// Sets other defaults for given values of the setting `other`.
    pub fn default_by(mut self, other: &'static str, defaults: &'static [(&'static str, &'static str)]) -> Self {
        self.declaration.default_by = Some(DefaultBy { setting: other, defaults });
        self
    }

    /// Sets the text that the reference page shows instead of the default.
    pub fn otherwise(mut self, otherwise: &'static str) -> Self {
        self.declaration.otherwise = otherwise;
        self
    }

    /// Sets the description of valid values, as shown in errors and on the reference page.
    pub fn expected(mut self, expected: &'static str) -> Self {
        self.declaration.expected = expected;
        self
    }

    /// Sets an example of a value.
    pub fn example(mut self, example: &'static str) -> Self {
        self.declaration.example = example;
        self
    }

    /// Sets other accepted names of the setting.
    pub fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.declaration.aliases = aliases;
        self
    }

    /// Marks the setting on the reference page as required for the service to start.
    pub fn required(mut self) -> Self {
        self.declaration.required = true;
        self
    }

    /// Sets the section of the reference page, if it differs from the struct's section.
    pub fn section(mut self, section: &'static str) -> Self {
        self.declaration.section = section;
        self
    }

    /// Sets what the setting changes, if several structs share the declaration. By default it is the field's doc
    /// comment.
    pub fn meaning(mut self, meaning: &'static str) -> Self {
        self.declaration.meaning = meaning;
        self
    }

    /// Shows the value in `/v1/status` as member `member`, formatted by `show`.
    pub fn status_as(mut self, member: &'static str, show: fn(&T) -> String) -> Self {
        self.status = Some((member, show));
        self
    }
}

impl<T: ToString> Setting<T> {
    /// Shows the value in `/v1/status` under the setting's name.
    pub fn status(self) -> Self {
        let name = self.declaration.name;
        self.status_as(name, T::to_string)
    }
}
