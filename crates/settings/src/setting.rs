//! A declared setting with its type.

use crate::declaration::{Declaration, DefaultBy};
use crate::error::{Invalid, SettingError};
use crate::secret::Secret;

/// Turns the text of a value into a typed value.
pub(crate) type ParseText<T> = fn(&str) -> Result<T, Invalid>;

/// Turns a secret into a typed value. The error begins with the setting's name and shows nothing of the secret.
pub(crate) type ParseSecret<T> = fn(Secret) -> Result<T, SettingError>;

/// Prints a value for `/v1/status`.
pub(crate) type Show<T> = fn(&T) -> String;

/// One setting of type `T`. A field of type `T` must have a value, a field of type `Option<T>` may have none.
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

/// Declares the setting `name`, whose value `parse` reads from its text.
pub fn setting<T>(name: &'static str, parse: fn(&str) -> Result<T, Invalid>) -> Setting<T> {
    Setting { declaration: Declaration::named(name), parse: Parse::Text(parse), unset: None, status: None }
}

/// Declares the secret setting `name`, which is read when it is used.
pub fn secret(name: &'static str) -> Setting<Secret> {
    secret_with(name, Ok)
}

/// Declares the secret setting `name`, which is read once at start and turned into `T`. The error of `parse` begins with the setting's
/// name and shows nothing of the secret.
pub fn secret_text<T>(name: &'static str, parse: fn(Secret) -> Result<T, SettingError>) -> Setting<T> {
    secret_with(name, parse)
}

fn secret_with<T>(name: &'static str, parse: ParseSecret<T>) -> Setting<T> {
    let declaration = Declaration { secret: true, ..Declaration::named(name) };
    Setting { declaration, parse: Parse::Secret(parse), unset: None, status: None }
}

impl<T> Setting<T> {
    /// The value when none is given, as it would be written.
    pub fn default(mut self, default: &'static str) -> Self {
        self.declaration.default = default;
        self
    }

    /// The value when there is neither a text nor a default, such as an empty list.
    pub fn when_unset(mut self, value: fn() -> T) -> Self {
        self.unset = Some(value);
        self
    }

    /// Other defaults where the setting `other` has one of these values.
    pub fn default_by(mut self, other: &'static str, defaults: &'static [(&'static str, &'static str)]) -> Self {
        self.declaration.default_by = Some(DefaultBy { setting: other, defaults });
        self
    }

    /// What the reference page shows in place of the default.
    pub fn otherwise(mut self, otherwise: &'static str) -> Self {
        self.declaration.otherwise = otherwise;
        self
    }

    /// What is expected, as errors and the reference page phrase it.
    pub fn expected(mut self, expected: &'static str) -> Self {
        self.declaration.expected = expected;
        self
    }

    /// An example of a value.
    pub fn example(mut self, example: &'static str) -> Self {
        self.declaration.example = example;
        self
    }

    /// Another name of the setting.
    pub fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.declaration.aliases = aliases;
        self
    }

    /// Marks it on the reference page: the service never starts without it.
    pub fn required(mut self) -> Self {
        self.declaration.required = true;
        self
    }

    /// Section of the reference page, where it differs from that of the struct.
    pub fn section(mut self, section: &'static str) -> Self {
        self.declaration.section = section;
        self
    }

    /// What the setting changes, where two structs share the declaration; otherwise the field's doc comment says it.
    pub fn meaning(mut self, meaning: &'static str) -> Self {
        self.declaration.meaning = meaning;
        self
    }

    /// Shows the value in `/v1/status`, as `show` prints it, in the member `member`.
    pub fn status_as(mut self, member: &'static str, show: fn(&T) -> String) -> Self {
        self.status = Some((member, show));
        self
    }
}

impl<T: ToString> Setting<T> {
    /// Shows the value in `/v1/status` under the setting's own name.
    pub fn status(self) -> Self {
        let name = self.declaration.name;
        self.status_as(name, T::to_string)
    }
}
